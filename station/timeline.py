"""What sounds where: pieces by position, and positions by the wall clock and by the steady one.

Everything a listener is told hangs on this, so it is true to the frame.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from renderer.pcm import SAMPLE_RATE_HZ, Start

KEPT_STARTS = 16  # of the recent past, minutes; the database has them all


class Timeline:
    """The pieces of one broadcast, in order, each at the frame where it begins."""

    def __init__(self, began: datetime) -> None:
        """`began` is when frame 0 goes on air, UTC."""
        self._began = began
        self._steady_began = 0.0  # the same by time.monotonic, in seconds
        self._starts: deque[Start] = deque(maxlen=KEPT_STARTS)
        self._watchers: list[Callable[[Start], None]] = []

    def watch(self, watcher: Callable[[Start], None]) -> None:
        """Call `watcher` with each start as it is added."""
        self._watchers.append(watcher)

    def add(self, start: Start) -> None:
        self._starts.append(start)
        for watcher in self._watchers:
            watcher(start)

    def at(self, position: int) -> Start | None:
        """What sounds at `position`; None before the first piece or too long ago."""
        starts = tuple(self._starts)
        index = bisect_right(starts, position, key=lambda start: start.position)
        return starts[index - 1] if index else None

    def since(self, position: int) -> tuple[Start, ...]:
        """What sounds at `position` and everything after it, oldest first."""
        starts = tuple(self._starts)
        index = bisect_right(starts, position, key=lambda start: start.position)
        return starts[max(0, index - 1) :]

    def before(self, position: int, count: int) -> tuple[Start, ...]:
        """The last `count` starts before `position`, oldest first."""
        return tuple(start for start in self._starts if start.position < position)[-count:]

    def utc(self, position: float) -> datetime:
        """When `position` goes (or went) on air."""
        return self._began + timedelta(seconds=position / SAMPLE_RATE_HZ)

    def due(self, position: float) -> float:
        """The same by the steady clock that nobody sets, time.monotonic: seconds."""
        return self._steady_began + position / SAMPLE_RATE_HZ

    def position_due(self, seconds: float) -> float:
        """Which position goes on air then, by the steady clock."""
        return (seconds - self._steady_began) * SAMPLE_RATE_HZ

    def on_air_at(self, position: int, now: datetime, seconds: float) -> None:
        """The clock started again: `position` goes on air `now`, `seconds` by the steady clock."""
        self._began = now - timedelta(seconds=position / SAMPLE_RATE_HZ)
        self._steady_began = seconds - position / SAMPLE_RATE_HZ


def utc_now() -> datetime:
    return datetime.now(UTC)


def moment(text: str) -> datetime:
    """An ISO 8601 time, in UTC unless it has a zone of its own.

    Raises:
        ValueError: it is none.
    """
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:  # the year 1 in the east is the year 0 here
        raise ValueError(f"{text!r} is no time: write it like 2026-11-21T14:32:00Z") from error
