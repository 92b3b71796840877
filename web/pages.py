"""Our own pages, and what their headers allow."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from aiohttp import hdrs, web

from web.heads import Head, station_head, with_head
from web.keys import PROGRAMME
from web.marks import broadcast_data, marked_page

STATIC = Path(__file__).parent / "static"
PAGES = {
    "/": "index.html",
    "/embed/builder": "builder.html",
    "/exhibit": "exhibit.html",
    "/pieces": "archive.html",
}
FRAME_OPTIONS = "X-Frame-Options"
POLICY = (
    "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'none'; frame-ancestors {ancestors}"
)  # blob: is what hls.js plays


def page_headers(ancestors: Sequence[str] = ()) -> dict[str, str]:
    """Of every page: nothing from elsewhere, and a frame only around what `ancestors` may frame."""
    headers = {
        "Content-Security-Policy": POLICY.format(ancestors=" ".join(ancestors) or "'none'"),
        hdrs.CACHE_CONTROL: "no-cache",
    }
    if not ancestors:  # the same for browsers that are older than the policy
        headers[FRAME_OPTIONS] = "DENY"
    return headers


async def page(request: web.Request) -> web.Response:
    """GET what is in `PAGES`"""
    programme = request.app[PROGRAMME]
    html = marked_page(read_page(PAGES[request.path]), programme, broadcast_data(programme))
    if request.path == "/":  # a station that was renamed: the page itself goes to the first
        name = request.query.get("station", "")
        station = programme.stations.get(name, programme.first)
        html = page_about(html, station_head(request, station))
        if station is not programme.first:
            own = f'"manifest.webmanifest?station={quote(station.name)}"'
            html = html.replace(b'"manifest.webmanifest"', own.encode())
    return html_answer(html, page_headers())


def page_about(html: bytes, head: Head) -> bytes:
    """A page with such a head; who runs no scripts finds the sound that it tells of."""
    link = f'href="{escape(head.sound)}"'
    return with_head(html, head).replace(b'href="stream.mp3"', link.encode())


def html_answer(html: bytes, headers: dict[str, str]) -> web.Response:
    return web.Response(body=html, content_type="text/html", charset="utf-8", headers=headers)


@functools.cache
def read_page(name: str) -> bytes:
    return (STATIC / name).read_bytes()
