"""How one mount is heard in one hour: sums that cost the same however many listen."""

from __future__ import annotations

from datetime import datetime


class Tally:
    """Listening is added up where somebody comes or goes, not listener by listener.

    Times are monotonic seconds, and never run back; the hour is the wall clock's.
    """

    def __init__(self, hour: datetime, now: float) -> None:
        self.current = 0  # listeners
        self._settled = now  # up to here listening is in `seconds`
        self.begin(hour)

    def begin(self, hour: datetime) -> None:
        """Another hour, with whoever is there."""
        self.hour = hour
        self.peak = self.current
        self.sessions = 0  # begun in this hour
        self.seconds = 0.0  # of listening
        self.heard: set[int] = set()  # hashes of listeners
        self.is_news = self.current > 0

    def arrived(self, now: float) -> None:
        self.settle(now)
        self.current += 1
        self.sessions += 1
        self.peak = max(self.peak, self.current)
        self.is_news = True

    def left(self, now: float) -> None:
        self.settle(now)
        self.current -= 1
        self.is_news = True

    def settle(self, now: float) -> None:
        if now > self._settled:
            self.seconds += self.current * (now - self._settled)
            self._settled = now
