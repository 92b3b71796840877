"""Streams: a listener is a socket that the mount writes to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from aiohttp import hdrs, web

from renderer.formats import mount_path
from station.icy import METAINT
from station.mount import Mount
from station.station import Station
from web.keys import PROGRAMME, SESSIONS, station_of
from web.sessions import KEY, Session

SEND_BUFFER_BYTES = 64 * 1024  # with the kernel's own a stalled listener goes unseen for minutes
PATH = "/stream{variant:(-[a-z0-9-]+)?}.{extension}"  # see renderer.formats.mount_path
NOBODY_STORES = "no-cache, no-store"


class LiveResponse(web.StreamResponse):
    """A response without an end, unchunked: old players read HTTP/1.1 streams byte for byte."""

    _length_check = False  # what aiohttp's own WebSocketResponse does to be sent as it is


class SocketListener:
    """A listener over HTTP. The mount calls it from the event loop, and it never waits."""

    def __init__(self, transport: asyncio.Transport, icy: bool) -> None:
        self.icy = icy
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport = transport

    @property
    def backlog_bytes(self) -> int:
        return self._transport.get_write_buffer_size()

    def send(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def end(self) -> None:
        self._transport.close()  # after what was sent
        self._is_over()

    def cut_off(self) -> None:
        # Closed hard, or the kernel keeps what a stuck listener never reads.
        linger = struct.pack("ii", 1, 0)
        raw = self._transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # gone by itself: the clock that calls us must go on
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()
        self._is_over()

    def _is_over(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


async def stream(request: web.Request) -> web.StreamResponse:
    """GET /stream.{extension}: sound from now on."""
    station = station_of(request)
    mount = station.mounts.get(request.match_info["extension"] + request.match_info["variant"])
    if mount is None:
        known = ", ".join(f"/{mount_path(name)}" for name in station.mounts)
        raise web.HTTPNotFound(text=f"no such stream; there are: {known}")
    icy = mount.format.has_icy and request.headers.get("Icy-MetaData") == "1"
    headers = _headers(station, mount, icy)
    if request.method == hdrs.METH_HEAD:
        return web.Response(headers=headers)
    if not mount.is_on_air:
        raise web.HTTPServiceUnavailable(text="not on air yet", headers={"Retry-After": "1"})
    programme = request.app[PROGRAMME]
    if programme.listeners >= programme.settings.stream.max_listeners:
        raise web.HTTPServiceUnavailable(text="all places are taken", headers={"Retry-After": "10"})
    return await _listen(request, station, mount, LiveResponse(headers=headers), icy)


async def _listen(
    request: web.Request, station: Station, mount: Mount, response: LiveResponse, icy: bool
) -> web.StreamResponse:
    response.force_close()
    await response.prepare(request)
    transport = request.transport
    if transport is None:  # gone before we could answer
        return response
    raw = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):  # gone already: the first write says so
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    listener = SocketListener(transport, icy)
    first, position = mount.join(listener)
    try:
        if KEY.fullmatch(key := request.query.get("session", "")):
            session = Session(position, mount.format.name, station.name)
            request.app[SESSIONS].begin(key, session)
        # Nothing is published between joining and here: headers and burst go out first.
        await response.write(first)
        await listener.ended
    finally:
        mount.leave(listener)
    return response


def _headers(station: Station, mount: Mount, icy: bool) -> dict[str, str]:
    headers = {
        hdrs.CONTENT_TYPE: mount.format.mime_type,
        hdrs.CACHE_CONTROL: NOBODY_STORES,
        hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
        "X-Accel-Buffering": "no",
        "icy-name": station.settings.title,
        "icy-description": station.settings.description,
        "icy-genre": station.settings.genre,
        "icy-br": str(mount.bitrate_kbps),
        "icy-sr": "48000",
        "icy-pub": "0",
    }
    if icy:
        headers["icy-metaint"] = str(METAINT)
    return headers
