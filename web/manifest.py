"""The station as an app on somebody's home screen: its page without the browser around it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import hdrs, web

from renderer.artwork import COVER_PX
from station.station import Station
from web.keys import PROGRAMME, station_of

NIGHT = "#101319"  # the page's ground: see static/style.css


async def manifest(request: web.Request) -> web.Response:
    """GET /manifest.webmanifest: addresses are relative to it, so a path prefix works too."""
    station = station_of(request)
    is_first = station is request.app[PROGRAMME].first
    view = manifest_view(station, "./" if is_first else f"./?station={quote(station.name)}")
    headers = {hdrs.CACHE_CONTROL: "no-cache"}
    return web.json_response(view, content_type="application/manifest+json", headers=headers)


def manifest_view(station: Station, page: str) -> dict[str, Any]:
    """
    Source: W3C, Web Application Manifest (2024).
    """
    cover = f"api/v1/stations/{station.name}/cover.png"
    return {
        "id": page,
        "name": station.settings.title,
        "short_name": station.settings.title[:12],
        "description": station.settings.description,
        "start_url": page,
        "scope": ".",
        "display": "standalone",
        "background_color": NIGHT,
        "theme_color": NIGHT,
        "icons": [
            {"src": cover, "sizes": f"{COVER_PX}x{COVER_PX}", "type": "image/png"},
            {"src": "static/favicon.svg", "sizes": "any", "type": "image/svg+xml"},
        ],
    }


ROUTES = [("/manifest.webmanifest", manifest)]
