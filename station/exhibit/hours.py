"""When the exhibit is open, and how loud it is around opening and closing. Pure.

Hours are written as OpenStreetMap writes them, and read by the clock on the wall of the station's
zone; here they are spans of UTC, so a day of 23 or 25 hours is no case of its own.
https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from opening_hours import (  # type: ignore[attr-defined]  # its stub lacks the error
    OpeningHours,
    ParserError,
    State,
)

from station.errors import SettingsError

EXAMPLE = "Tu-Su 10:00-18:00; Th 10:00-21:00; Dec 24-26 off"
LOOK_BACK = timedelta(days=1)  # to find when it opened; who opened earlier has faded in long since
FAR_DAYS = 400  # the library looks no further in one step
NEEDS_A_PLACE = re.compile(r"\b(PH|SH|sunrise|sunset|dawn|dusk)\b")
COMMENT = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which it is open, or closed, all through. UTC."""

    open: bool
    begins: datetime  # or longer ago than LOOK_BACK
    ends: datetime | None  # None: never, as far as anybody looks

    def holds(self, now: datetime) -> bool:
        return self.begins <= now and (self.ends is None or now < self.ends)


class Hours:
    """Opening hours with a ramp at either end."""

    def __init__(self, text: str, timezone: str, ramp_seconds: float) -> None:
        """
        Raises:
            SettingsError: the text is no opening hours, or nobody can know here what it means.
        """
        if place := NEEDS_A_PLACE.search(COMMENT.sub("", text)):
            raise SettingsError(
                f"[exhibit] hours = {text!r}: what {place[0]} means depends on the place, which "
                f"nobody told the station. Write days and times, like {EXAMPLE!r}"
            )
        try:
            self._hours = OpeningHours(
                text, timezone=ZoneInfo(timezone), max_interval_days=FAR_DAYS
            )
        except ParserError as error:
            raise SettingsError(
                f"[exhibit] hours is no opening hours. {error}\nWrite it like {EXAMPLE!r}"
            ) from error
        self._ramp_seconds = ramp_seconds
        self._span: Span | None = None  # the one asked for last

    def span(self, now: datetime) -> Span:
        """The span that holds `now`, an aware time."""
        now = now.astimezone(UTC)
        span = self._span  # another thread may ask, too
        if span is None or not span.holds(now):
            self._span = span = next(each for each in self._spans(now) if each.holds(now))
        return span

    def gain(self, now: datetime) -> float:
        """0 while closed, 1 while open; a raised cosine after opening, and one before closing.

        Where it is open for less than two ramps, each is as long as half of it.
        """
        now = now.astimezone(UTC)
        span = self.span(now)
        if not span.open:
            return 0.0
        since = (now - span.begins).total_seconds()
        until = math.inf if span.ends is None else (span.ends - now).total_seconds()
        ramp = min(self._ramp_seconds, (since + until) / 2)
        return _rise(min(since, until), ramp)

    def _spans(self, now: datetime) -> Iterator[Span]:
        """Spans in order, from one that has begun before `now`; the last one has no end."""
        begins = now - LOOK_BACK
        is_open = None
        for began, _, state, _ in self._hours.intervals(begins.astimezone(ZoneInfo("UTC"))):
            began = began.astimezone(UTC)
            opens = state == State.OPEN  # "unknown" is not open: nobody would have said so
            if is_open is None:
                is_open = opens
            elif opens != is_open:
                if began > begins:  # an hour that a night of summer time leaves out has no length
                    yield Span(is_open, begins, began)
                begins, is_open = began, opens
        yield Span(bool(is_open), begins, None)


def _rise(seconds: float, ramp_seconds: float) -> float:
    """From 0 to 1 in `ramp_seconds`, level at both ends."""
    if seconds >= ramp_seconds:
        return 1.0
    return 0.5 - 0.5 * math.cos(math.pi * max(0.0, seconds) / ramp_seconds)
