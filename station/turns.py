"""Who composes next: the station whose music ends first.

All stations share one generator and one thread that measures. Left alone, twenty empty shelves
would all wait for their first pieces until all of those are ready, and a station that runs dry
would stand behind those that only want to be full.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections.abc import AsyncIterator
from itertools import count

AT_ONCE = 2  # the notes of one piece are drawn while another is measured


class Turns:
    """A few at a time, the most pressing first. One event loop uses it."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = at_once
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._came = count()  # of two as pressing, the first to come goes first

    @contextlib.asynccontextmanager
    async def turn(self, ready_seconds: float) -> AsyncIterator[None]:
        """Have a turn inside the block. `ready_seconds`: the music there is until it is needed."""
        await self._take(ready_seconds)
        try:
            yield
        finally:
            self._give()

    async def _take(self, ready_seconds: float) -> None:
        if self._free:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        called = loop.create_future()
        # When the music ends, not how much there is: all shelves grow shorter while they wait.
        heapq.heappush(self._waiting, (loop.time() + ready_seconds, next(self._came), called))
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():  # called, and cancelled before it came
                self._give()
            raise

    def _give(self) -> None:
        while self._waiting:
            _, _, called = heapq.heappop(self._waiting)
            if not called.done():
                called.set_result(None)
                return
        self._free += 1
