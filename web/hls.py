"""HLS: a playlist that is always new, and segments that never change."""

from __future__ import annotations

from aiohttp import hdrs, web

from station.hls import HLS, Hls
from station.hls_playlist import MEDIA_TYPE, PLAYLIST_TYPE
from web.keys import station_of
from web.limits import PLACES, listener_of

PLAYLIST = "/hls/live.m3u8"
# A CDN asks us once a second, however many ask it.
PLAYLIST_CACHE = "public, max-age=1"
SEGMENT_CACHE = "public, max-age=31536000, immutable"  # no name is ever given twice


async def live(request: web.Request) -> web.Response:
    """GET /hls/live.m3u8: the last minute, by the names of its segments."""
    playlist = _hls(request).playlist
    if not playlist:
        raise web.HTTPServiceUnavailable(text="not on air yet", headers={"Retry-After": "2"})
    if request.method == hdrs.METH_GET:
        audience, listener = station_of(request).audience, listener_of(request)
        if not audience.is_fetching(HLS, *listener):
            request.app[PLACES].refuse_when_full()
        audience.touch(HLS, *listener)
    return _file(playlist, PLAYLIST_TYPE, PLAYLIST_CACHE)


async def file(request: web.Request) -> web.Response:
    """GET /hls/{file}: a segment, or what a decoder reads before it."""
    data = _hls(request).file(request.match_info["file"])
    if data is None:
        raise web.HTTPNotFound(text="no such segment (any more); /hls/live.m3u8 names those of now")
    return _file(data, MEDIA_TYPE, SEGMENT_CACHE)


def _hls(request: web.Request) -> Hls:
    hls = station_of(request).hls
    if hls is None:
        raise web.HTTPNotFound(text="HLS is off here; [hls] enabled = true turns it on")
    return hls


def _file(data: bytes, content_type: str, cache: str) -> web.Response:
    return web.Response(
        body=data, headers={hdrs.CONTENT_TYPE: content_type, hdrs.CACHE_CONTROL: cache}
    )


ROUTES = ((PLAYLIST, live), ("/hls/{file}", file))
