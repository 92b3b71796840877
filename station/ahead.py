"""Blocks made ahead of the clock: one, and more where a machine is too busy to have one in time.

Whatever is made ahead cannot be changed any more: a skip is heard that much later. So an extra
block is made only after one came late, and no longer once none has for minutes.
"""

from __future__ import annotations

import time
from asyncio import Future
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

MOST = 3  # blocks
LATE_SECONDS = 0.1
CALM_BLOCKS = 600  # five minutes in time, and one fewer is made

T = TypeVar("T")


class Ahead(Generic[T]):
    """What is made before its time, in the order of its making."""

    def __init__(
        self, make: Callable[[bool], Future[T]], now: Callable[[], float] = time.monotonic
    ) -> None:
        """`make` begins to make the next block; if it is told so, the last one."""
        self.blocks = 1  # to be made ahead
        self._make = make
        self._now = now
        self._coming: deque[Future[T]] = deque()
        self._in_time = 0

    async def next(self) -> T:
        """The next block, as soon as it is there; from here on the one after it is made."""
        if not self._coming:
            self._coming.append(self._make(False))
        due = self._now()
        block = await self._coming.popleft()
        self._adapt(self._now() - due)
        while len(self._coming) < self.blocks:
            self._coming.append(self._make(False))
        return block

    async def rest(self) -> list[T]:
        """What was begun before, and the last one."""
        self._coming.append(self._make(True))
        return [await self._coming.popleft() for _ in range(len(self._coming))]

    def _adapt(self, late_seconds: float) -> None:
        self._in_time += 1
        if late_seconds > LATE_SECONDS:
            self.blocks = min(MOST, self.blocks + 1)
            self._in_time = 0
        elif self._in_time >= CALM_BLOCKS:
            self.blocks = max(1, self.blocks - 1)
            self._in_time = 0
