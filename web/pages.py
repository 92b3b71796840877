"""Pages, playlists and static files."""

from __future__ import annotations

from pathlib import Path

from aiohttp import hdrs, web

from web.keys import PROGRAMME, station_of

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


async def m3u(request: web.Request) -> web.Response:
    """A playlist any player opens."""
    programme, station = request.app[PROGRAMME], station_of(request)
    prefix = "" if station is programme.first else f"/stations/{station.name}"
    url = f"{request.scheme}://{request.host}{prefix}/stream.mp3"
    text = f"#EXTM3U\n#EXTINF:-1,{station.settings.title}\n{url}\n"
    return web.Response(text=text, content_type="audio/x-mpegurl", charset="utf-8")
