"""A value over the day: smooth, and the same at the end of the day as at its beginning."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import time

DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Curve:
    """A smooth line through points on the clock, which never leaves the points' range.

    Between two points it rises or falls all the way, or stays: no overshoot (monotone cubic).

    Source: Fritsch and Butland, "A Method for Constructing Local Monotone Piecewise Cubic
    Interpolants", SIAM Journal on Scientific and Statistical Computing 5 (1984).
    """

    seconds: tuple[float, ...]  # since midnight, ascending, below a day
    values: tuple[float, ...]
    slopes: tuple[float, ...]  # at the points, a second

    @classmethod
    def of(cls, value: float | tuple[tuple[time, float], ...]) -> Curve:
        """A number for the whole day, or points in any order.

        Raises:
            ValueError: there is no point, or there are two at one time.
        """
        if isinstance(value, int | float):
            return cls((0.0,), (float(value),), (0.0,))
        points = sorted((_seconds(at), float(number)) for at, number in value)
        if not points:
            raise ValueError("a curve needs a point at least")
        seconds = tuple(at for at, _ in points)
        values = tuple(number for _, number in points)
        if len(set(seconds)) < len(seconds):
            raise ValueError("a curve has one value at each time of day, and here are two")
        return cls(seconds, values, _slopes(seconds, values))

    def at(self, local: time) -> float:
        """The value at a time of day."""
        now = _seconds(local)
        left = bisect_right(self.seconds, now) - 1  # before the first point, the day's last
        right = (left + 1) % len(self.seconds)
        width = (self.seconds[right] - self.seconds[left]) % DAY_SECONDS or DAY_SECONDS
        t = (now - self.seconds[left]) % DAY_SECONDS / width
        low, high = self.values[left], self.values[right]
        value = (  # the cubic Hermite form
            low * (1 + 2 * t) * (1 - t) ** 2
            + high * (3 - 2 * t) * t**2
            + width * t * (1 - t) * (self.slopes[left] * (1 - t) - self.slopes[right] * t)
        )
        return min(max(low, high), max(min(low, high), value))  # whatever the rounding


def _slopes(seconds: tuple[float, ...], values: tuple[float, ...]) -> tuple[float, ...]:
    """At each point 0 where the line turns, else a weighted harmonic mean of both sides' slopes."""
    count = len(seconds)
    following = [(at + 1) % count for at in range(count)]
    widths = [
        (seconds[n] - seconds[at]) % DAY_SECONDS or DAY_SECONDS for at, n in enumerate(following)
    ]
    rises = [(values[n] - values[at]) / widths[at] for at, n in enumerate(following)]
    slopes = []
    for at in range(count):
        before, after = rises[at - 1], rises[at]
        share = (widths[at - 1] + 2 * widths[at]) / (3 * (widths[at - 1] + widths[at]))
        turns = before * after <= 0
        slopes.append(0.0 if turns else before * after / (share * after + (1 - share) * before))
    return tuple(slopes)


def _seconds(at: time) -> float:
    return at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6
