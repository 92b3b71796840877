"""A listener over HTTP: a socket that the mount writes to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from aiohttp import web

SEND_BUFFER_BYTES = 64 * 1024  # with the kernel's own a stalled listener goes unseen for minutes
HARD = struct.pack("ii", 1, 0)  # linger for no time: a close drops what was not sent


class LiveResponse(web.StreamResponse):
    """A response without an end, unchunked: old players read HTTP/1.1 streams byte for byte."""

    _length_check = False  # what aiohttp's own WebSocketResponse does to be sent as it is


class SocketListener:
    """A listener over HTTP. The mount calls it from the event loop, and it never waits."""

    __slots__ = ("_transport", "ended", "icy", "sent_bytes")

    def __init__(self, transport: asyncio.Transport, icy: bool) -> None:
        self.icy = icy
        self.sent_bytes = 0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport = transport
        limit_send_buffer(transport)

    def send(self, data: bytes) -> int:
        transport = self._transport
        if transport.is_closing():
            return 0
        self.sent_bytes += len(data)
        transport.write(data)
        return transport.get_write_buffer_size()

    def end(self) -> None:
        self._transport.close()  # after what was sent
        self._is_over()

    def cut_off(self) -> None:
        cut_off(self._transport)
        self._is_over()

    def _is_over(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def limit_send_buffer(transport: asyncio.Transport) -> None:
    raw = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):  # gone already: the first write says so
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)


def cut_off(transport: asyncio.Transport) -> None:
    """Close hard, or the kernel keeps what a stuck client never reads."""
    raw = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):  # gone by itself: whoever calls us must go on
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
    transport.abort()
