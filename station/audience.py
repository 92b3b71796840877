"""Who listens to a station: counted by mount and hour, and nobody remembered.

A listener is told from another by a hash of address and player, with a salt that is drawn anew
each day (UTC) and is nowhere but in this object. What is stored are sums: see `ListeningHour`
and docs/listeners.md. All of it is the event loop's, and an arrival costs the same however many
are there.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b

from station.tally import Tally
from station.timeline import utc_now
from storage.records import ListeningHour

UNIQUE_AFTER_SECONDS = 60.0  # the IAB's podcast guidelines: who heard less has not listened
MOST_TOLD_APART = 250_000  # in one hour or day; the count stops there, and so does the memory


class Visit:
    """One listener, from its arrival until it leaves: a context manager."""

    __slots__ = ("_audience", "digest", "mount", "since")

    def __init__(self, audience: Audience, mount: str, digest: int, since: float) -> None:
        self._audience = audience
        self.mount = mount
        self.digest = digest
        self.since = since  # monotonic seconds

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self._audience.leave(self)


class Audience:
    """The listeners of one broadcast."""

    def __init__(
        self,
        broadcast_id: str,
        station: str,
        *,
        stay_seconds: float,
        utc: Callable[[], datetime] = utc_now,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`stay_seconds` after its last request, one who fetches segments has left."""
        self._broadcast_id = broadcast_id
        self._station = station
        self._stay_seconds = stay_seconds
        self._utc = utc
        self._now = now
        self._salt = secrets.token_bytes(16)
        self._day = utc().date()
        self._heard_today: set[int] = set()
        self._tallies: dict[str, Tally] = {}  # by mount
        self._present: set[Visit] = set()
        self._fetching: dict[tuple[str, int], tuple[Visit, float]] = {}  # until; soonest first
        self._over: list[ListeningHour] = []  # hours that ended and were not told yet

    def arrive(self, mount: str, address: str, player: str) -> Visit:
        """Someone begins to listen. Use it as `with audience.arrive(…):`, or `leave` it."""
        return self._enter(mount, self._digest(address, player))

    def leave(self, visit: Visit) -> None:
        """It does no harm to leave twice."""
        if visit not in self._present:
            return
        self._present.discard(visit)
        tally = self._tally(visit.mount)
        self._hear(visit, tally)
        tally.left(self._now())

    def touch(self, mount: str, address: str, player: str) -> None:
        """Someone without a connection of its own fetched a part: it is there for a while."""
        self._forget_the_gone()
        key = (mount, self._digest(address, player))
        visit, _ = self._fetching.pop(key, (None, 0.0))
        if visit is None:
            visit = self._enter(*key)
        self._fetching[key] = (visit, self._now() + self._stay_seconds)

    def is_fetching(self, mount: str, address: str, player: str) -> bool:
        """Whether a touch by it is not long ago."""
        self._forget_the_gone()
        return (mount, self._digest(address, player)) in self._fetching

    def current(self, mount: str) -> int:
        self._forget_the_gone()
        tally = self._tallies.get(mount)
        return tally.current if tally else 0

    @property
    def unique_today(self) -> int:
        """How many different ones heard a minute since midnight, UTC; all mounts together."""
        self._begin_day()
        return len(self._heard_today)

    def count(self) -> list[ListeningHour]:
        """The hours in which something happened since the last call, those now over first."""
        self._forget_the_gone()
        for mount in self._tallies:
            self._tally(mount)  # ends the hour that is over
        for visit in self._present:
            self._hear(visit, self._tallies[visit.mount])
        now, at = self._now(), self._utc()
        told, self._over = self._over, []
        for mount, tally in self._tallies.items():
            tally.settle(now)
            if tally.is_news:
                told.append(self._hour(mount, tally, at))
        return told

    def _enter(self, mount: str, digest: int) -> Visit:
        visit = Visit(self, mount, digest, self._now())
        self._present.add(visit)
        self._tally(mount).arrived(self._now())
        return visit

    def _tally(self, mount: str) -> Tally:
        """Of the hour that it is now."""
        utc, now = self._utc(), self._now()
        hour = utc.replace(minute=0, second=0, microsecond=0)
        tally = self._tallies.get(mount)
        if tally is None:
            tally = self._tallies[mount] = Tally(hour, now)
        elif hour > tally.hour:  # a clock that was put back stays in the hour it was in
            tally.settle(now - (utc - hour).total_seconds())
            for visit in self._present:
                if visit.mount == mount:
                    self._hear(visit, tally)
            if tally.is_news:
                self._over.append(self._hour(mount, tally, utc))
            tally.begin(hour)
        return tally

    def _hear(self, visit: Visit, tally: Tally) -> None:
        """Count a listener as one more, once it has heard enough."""
        if self._now() - visit.since < UNIQUE_AFTER_SECONDS:
            return
        self._begin_day()
        for heard in (tally.heard, self._heard_today):
            if len(heard) < MOST_TOLD_APART:
                heard.add(visit.digest)

    def _hour(self, mount: str, tally: Tally, at: datetime) -> ListeningHour:
        tally.is_news = tally.current > 0  # time passes for whoever is there
        return ListeningHour(
            broadcast_id=self._broadcast_id,
            station=self._station,
            mount=mount,
            hour=tally.hour,
            at=at,
            current=tally.current,
            peak=tally.peak,
            unique_listeners=len(tally.heard),
            sessions=tally.sessions,
            listening_seconds=tally.seconds,
        )

    def _forget_the_gone(self) -> None:
        now = self._now()
        while self._fetching:
            key, (visit, until) = next(iter(self._fetching.items()))
            if until > now:
                return
            del self._fetching[key]
            self.leave(visit)

    def _digest(self, address: str, player: str) -> int:
        self._begin_day()
        seen = f"{address}\n{player}".encode(errors="surrogateescape")
        return int.from_bytes(blake2b(seen, key=self._salt, digest_size=8).digest())

    def _begin_day(self) -> None:
        """On a new day nobody is known any more: another salt, and no hash of the day before."""
        if (today := self._utc().date()) > self._day:
            self._day = today
            self._salt = secrets.token_bytes(16)
            self._heard_today = set()
