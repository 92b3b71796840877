"""Streams: sound over HTTP, from now on, without an end."""

from __future__ import annotations

import time
from dataclasses import dataclass

from aiohttp import hdrs, web

from renderer.pcm import SAMPLE_RATE_HZ
from station.icy import METAINT
from station.mount import Mount
from station.station import Station
from web.access_log import ACCESS_LOG
from web.icecast_status import audio_info
from web.keys import PROGRAMME, SESSIONS, station_of, stream_path
from web.limits import PLACES, listener_of
from web.listening import LiveResponse, SocketListener
from web.proxies import base_url, client_address
from web.ranges import RangeListener, bytes_wanted, range_headers
from web.sessions import KEY, Session

PATHS = (
    "/stream{variant:(-[a-z0-9-]+)?}.{extension}",  # see renderer.formats.mount_path
    "/stream",  # the first mount
)
# Nobody on the way is to keep, pack or collect what is heard now.
LIVE = {hdrs.CACHE_CONTROL: "no-cache, no-store, no-transform", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request wants to hear."""

    station: Station
    mount_name: str
    mount: Mount
    icy: bool  # with titles cut in
    count: int | None  # of bytes; None for all there will be


async def stream(request: web.Request) -> web.StreamResponse:
    """GET /stream.{extension}: sound from now on."""
    wish = _wish(request)
    if not isinstance(response := _response(request, wish), LiveResponse):
        return response
    with request.app[PLACES].place(client_address(request)):
        return await _listen(request, wish, response)


def _response(request: web.Request, wish: Wish) -> web.StreamResponse:
    headers = _headers(request, wish)
    titles = {"icy-metaint": str(METAINT)} if wish.icy else {}
    if request.method == hdrs.METH_HEAD:
        return web.Response(headers=headers | titles)
    if not wish.mount.is_on_air:
        raise web.HTTPServiceUnavailable(text="not on air yet", headers={"Retry-After": "1"})
    if wish.count is None:
        return LiveResponse(headers=headers | titles)
    opening, part = wish.mount.opening(), range_headers(wish.count)
    if wish.count <= len(opening):  # one who only looks takes no place and is not counted
        return web.Response(status=206, body=opening[: wish.count], headers=headers | part)
    return LiveResponse(status=206, headers=headers | titles | part)


async def _listen(request: web.Request, wish: Wish, response: LiveResponse) -> web.StreamResponse:
    began = time.monotonic()
    response.force_close()
    await response.prepare(request)
    transport = request.transport
    if transport is None:  # gone before we could answer
        return response
    listener: SocketListener
    if wish.count is None:
        listener = SocketListener(transport, wish.icy)
        first, position = wish.mount.join(listener)
    else:
        listener = ranged = RangeListener(transport, wish.icy, wish.count)
        first, position = wish.mount.join(listener)
        first = ranged.take(first)
    visit = wish.station.audience.arrive(wish.mount_name, *listener_of(request))
    try:
        if KEY.fullmatch(key := request.query.get("session", "")):
            session = Session(position, wish.mount.format.name, wish.station.name)
            request.app[SESSIONS].begin(key, session)
        # Nothing is published between joining and here: headers and burst go out first.
        await response.write(first)
        del first  # nothing large or in large numbers waits with each listener
        response.headers.clear()
        await listener.ended
    finally:
        wish.mount.leave(listener)
        wish.station.audience.leave(visit)
        sent_bytes = request.writer.output_size + listener.sent_bytes
        request.app[ACCESS_LOG].write(
            request, response.status, sent_bytes, time.monotonic() - began
        )
    return response


def _wish(request: web.Request) -> Wish:
    station, path = station_of(request), request.match_info
    name = next(iter(station.mounts))
    if "extension" in path:
        name = path["extension"] + path["variant"]
    mount = station.mounts.get(name)
    if mount is None:
        programme = request.app[PROGRAMME]
        known = ", ".join(stream_path(programme, station, each) for each in station.mounts)
        raise web.HTTPNotFound(text=f"no such stream; there are: {known}")
    icy = mount.format.has_icy and request.headers.get("Icy-MetaData", "").strip() == "1"
    return Wish(station, name, mount, icy, bytes_wanted(request))


def _headers(request: web.Request, wish: Wish) -> dict[str, str]:
    station, mount = wish.station.settings, wish.mount
    return {
        hdrs.CONTENT_TYPE: mount.format.mime_type,
        **LIVE,
        "icy-name": station.title,
        "icy-description": station.description,
        "icy-genre": station.genre,
        "icy-url": f"{base_url(request)}/",
        "icy-br": str(mount.bitrate_kbps),
        "icy-sr": str(SAMPLE_RATE_HZ),
        "icy-pub": "0",
        "ice-audio-info": audio_info(mount),
    }
