"""Somebody else's site: a page of another origin, as strict as its owner likes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.test_utils import TestServer


def strictest(radio: str) -> str:
    """A Content-Security-Policy that allows our player, and nothing besides: docs/embedding.md."""
    return (
        f"default-src 'none'; script-src {radio}; connect-src {radio}; media-src {radio}; "
        f"img-src {radio}; require-trusted-types-for 'script'; trusted-types"
    )


@contextlib.asynccontextmanager
async def foreign_site(body: str, policy: str = "", **headers: str) -> AsyncIterator[str]:
    """The address of a page with such a body, at localhost: to a browser, that is not 127.0.0.1."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(
            text=f'<!doctype html><html lang="en"><title>Elsewhere</title>{body}</html>',
            content_type="text/html",
            headers={"Content-Security-Policy": policy, **headers},
        )

    async def icon(request: web.Request) -> web.Response:
        return web.Response(status=204)

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/favicon.ico", icon)
    async with TestServer(app) as server:
        yield f"http://localhost:{server.port}/"
