"""One listener of a load test: a protocol on a socket, and counts.

It reads into a buffer that all of them share. Only a few keep what they hear, to be compared.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

from station.continuity import without_titles

STALL_SECONDS = 0.75  # a longer wait between two reads is a gap that small buffers would not cover
SOON_BYTES = 16 * 1024  # what a player wants before it begins
READ_BYTES = 64 * 1024
MOST_HEAD_BYTES = 16 * 1024
MOST_KEPT_BYTES = 16 * 1024 * 1024


class Ear(asyncio.BufferedProtocol):
    """One listener."""

    __slots__ = (
        *("asked_at", "bytes", "first_at", "head", "kept", "last_at", "longest_gap", "lost"),
        *("refused", "settled_bytes", "soon_at", "stalls", "_now", "_request", "_transport"),
    )
    _buffer = memoryview(bytearray(READ_BYTES))  # of all: what is read is counted at once

    def __init__(
        self, request: bytes, *, keeps: bool, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.asked_at = now()
        self.head: bytearray | None = bytearray()  # None once it was read, for most
        self.first_at = self.soon_at = self.last_at = 0.0
        self.bytes = self.settled_bytes = 0  # of the body; those before all were served
        self.longest_gap = 0.0
        self.stalls = 0
        self.refused = ""  # why it does not listen
        self.lost = False  # the server ended it
        self.kept: bytearray | None = bytearray() if keeps else None
        self._now = now
        self._request = request
        self._transport: asyncio.Transport | None = None

    @property
    def listens(self) -> bool:
        return self.first_at > 0 and not self.lost

    @property
    def is_mp3(self) -> bool:
        return self.head is not None and b"content-type: audio/mpeg" in self.head.lower()

    @property
    def sound(self) -> bytes:
        """What it kept, without titles."""
        found = re.search(rb"^icy-metaint: *(\d+)", self.head or b"", re.IGNORECASE | re.MULTILINE)
        return without_titles(bytes(self.kept or b""), int(found[1]) if found else 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = self._buffer[:nbytes]
        if self.last_at == 0:
            self._read_head(data)
        else:
            self._hear(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._transport is not None and not self.refused:
            self.lost = self.last_at > 0
            self.refused = "" if self.lost else "no answer"
        self._transport = None

    def close(self) -> None:
        """Enough. Silence up to now counts as well."""
        if self.last_at and not self.lost:
            self._gap(self._now())
        self._hang_up()

    def _hang_up(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    def _read_head(self, data: memoryview) -> None:
        assert self.head is not None
        self.head += data
        head, end, body = bytes(self.head).partition(b"\r\n\r\n")
        if not end and len(self.head) < MOST_HEAD_BYTES:
            return
        status = head.split(b"\r\n")[0].split(b" ")[1:2]
        if status != [b"200"]:
            self.refused = status[0].decode(errors="replace") if status else "no HTTP"
            self._hang_up()
            return
        self.head = bytearray(head) if self.kept is not None else None
        self.last_at = self._now()
        if body:
            self._hear(memoryview(body))

    def _hear(self, data: memoryview) -> None:
        now = self._now()
        self.bytes += len(data)
        if not self.first_at:
            self.first_at = now
        if not self.soon_at and self.bytes >= SOON_BYTES:
            self.soon_at = now
        self._gap(now)
        self.last_at = now
        if self.kept is not None and len(self.kept) < MOST_KEPT_BYTES:
            self.kept += data

    def _gap(self, now: float) -> None:
        gap = now - self.last_at
        self.longest_gap = max(self.longest_gap, gap)
        self.stalls += gap > STALL_SECONDS
