"""Timers that fire when a test says how much time passes."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True)
class FakeTimer:
    due: float
    number: int
    work: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class FakeTimers:
    """What an event loop does with `call_later`."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._waiting: list[FakeTimer] = []
        self._made = 0

    def later(self, seconds: float, work: Callable[[], None]) -> FakeTimer:
        self._made += 1
        timer = FakeTimer(self.seconds + seconds, self._made, work)
        heapq.heappush(self._waiting, timer)
        return timer

    def advance(self, seconds: float) -> None:
        until = self.seconds + seconds
        while self._waiting and self._waiting[0].due <= until + 1e-9:
            timer = heapq.heappop(self._waiting)
            self.seconds = max(self.seconds, timer.due)
            if not timer.cancelled:
                timer.work()
        self.seconds = until
