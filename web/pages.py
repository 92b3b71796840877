"""Pages and static files."""

from __future__ import annotations

import functools
from pathlib import Path

from aiohttp import hdrs, web

from web.keys import PROGRAMME
from web.marks import broadcast_data, marked_page

STATIC = Path(__file__).parent / "static"
PAGES = {
    "/": "index.html",
    "/embed": "embed.html",
    "/exhibit": "exhibit.html",
    "/pieces": "archive.html",
}
EMBEDDABLE = "/embed"
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'none'; frame-ancestors {ancestors}"
)


async def page(request: web.Request) -> web.Response:
    ancestors = "*" if request.path == EMBEDDABLE else "'none'"
    headers = {
        "Content-Security-Policy": POLICY.format(ancestors=ancestors),
        hdrs.CACHE_CONTROL: "no-cache",
    }
    programme = request.app[PROGRAMME]
    html = marked_page(_read(PAGES[request.path]), programme, broadcast_data(programme))
    return web.Response(body=html, content_type="text/html", charset="utf-8", headers=headers)


@functools.cache
def _read(name: str) -> bytes:
    return (STATIC / name).read_bytes()
