"""Pages and static files."""

from __future__ import annotations

from pathlib import Path

from aiohttp import hdrs, web

STATIC = Path(__file__).parent / "static"
PAGES = {"/": "index.html", "/embed": "embed.html", "/exhibit": "exhibit.html"}
EMBEDDABLE = "/embed"
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'none'; frame-ancestors {ancestors}"
)


async def page(request: web.Request) -> web.FileResponse:
    ancestors = "*" if request.path == EMBEDDABLE else "'none'"
    headers = {
        "Content-Security-Policy": POLICY.format(ancestors=ancestors),
        hdrs.CACHE_CONTROL: "no-cache",
    }
    return web.FileResponse(STATIC / PAGES[request.path], headers=headers)
