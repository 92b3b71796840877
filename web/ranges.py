"""Byte ranges of something that has no end, for Apple's players.

AVPlayer (iOS, Safari) first asks for `bytes=0-1` and goes on only if it gets 206 and two bytes;
then it asks for `bytes=0-1073741822` and plays what comes (icecast-kh issue 441). The total is
unknown, which is `*`. So a range from the first byte to a last one is given to the letter, and
ends there; any other, as `bytes=0-` of Chromium and Firefox, is the stream from now on with
200, for nobody can have bytes of a broadcast that are gone.

For the second request AVPlayer forgets `Icy-MetaData` and shows no titles; HLS has them.
"""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import hdrs, web

from web.listening import SocketListener

MOST_BYTES = 2**63  # further than that no player counts


def bytes_wanted(request: web.Request) -> int | None:
    """How many bytes from now on; None for all there will be."""
    with contextlib.suppress(ValueError):  # a range we cannot read is passed over
        asked = request.http_range
        if asked.start == 0 and asked.stop is not None and asked.stop <= MOST_BYTES:
            return int(asked.stop)
    return None


def range_headers(count: int) -> dict[str, str]:
    return {
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.CONTENT_RANGE: f"bytes 0-{count - 1}/*",
        hdrs.CONTENT_LENGTH: str(count),
    }


class RangeListener(SocketListener):
    """One whose stream ends after so many bytes."""

    def __init__(self, transport: asyncio.Transport, icy: bool, count: int) -> None:
        super().__init__(transport, icy)
        self._left = count

    def send(self, data: bytes) -> int:
        backlog_bytes = super().send(self.take(data))
        if not self._left:
            self.end()
        return backlog_bytes

    def take(self, data: bytes) -> bytes:
        """As much of it as is still wanted."""
        data = data[: self._left]
        self._left -= len(data)
        return data
