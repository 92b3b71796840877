"""Curves over the day: through their points, between them, and without a jump."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.curves import Curve

MINUTES = 24 * 60
minutes = st.integers(0, MINUTES - 1)
values = st.floats(-1, 1)
points = st.dictionaries(minutes, values, min_size=1, max_size=8)


def clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


def curve(points: dict[int, float]) -> Curve:
    return Curve.of(tuple((clock(minute), value) for minute, value in points.items()))


@given(values, minutes)
def test_a_number_holds_all_day(value: float, minute: int) -> None:
    assert Curve.of(value).at(clock(minute)) == value


@given(points)
def test_a_curve_passes_through_its_points(points: dict[int, float]) -> None:
    line = curve(points)
    for minute, value in points.items():
        assert line.at(clock(minute)) == pytest.approx(value, abs=1e-12)


@given(points, minutes)
def test_a_curve_stays_between_the_points_around_it(points: dict[int, float], now: int) -> None:
    before = max(points, key=lambda minute: (minute <= now, minute))
    after = min(points, key=lambda minute: (minute <= now, minute))
    low, high = sorted((points[before], points[after]))
    assert low <= curve(points).at(clock(now)) <= high


@given(points, minutes)
def test_a_curve_never_jumps(points: dict[int, float], minute: int) -> None:
    line = curve(points)
    now, next_second = clock(minute), clock(minute).replace(second=1)
    steepest = 3 * 2 / 60  # three times a whole turn in a minute, the shortest way between points
    assert abs(line.at(next_second) - line.at(now)) <= steepest


@given(points)
def test_a_curve_is_the_same_on_both_sides_of_midnight(points: dict[int, float]) -> None:
    line = curve(points)
    last = time(23, 59, 59, 999_999)
    assert line.at(last) == pytest.approx(line.at(time(0)), abs=1e-6)


@given(points)
def test_the_order_of_the_points_does_not_matter(points: dict[int, float]) -> None:
    assert curve(points) == curve(dict(reversed(points.items())))


def test_a_rise_through_a_point_does_not_pause_there() -> None:
    line = curve({0: 0.0, 480: 0.4, 960: 0.8})
    assert line.at(time(8, 30)) - line.at(time(8)) > 0.01


def test_two_values_at_one_time_are_refused() -> None:
    with pytest.raises(ValueError, match="two"):
        Curve.of(((time(7), 0.1), (time(7), 0.2)))


def test_a_curve_without_points_is_refused() -> None:
    with pytest.raises(ValueError, match="a point"):
        Curve.of(())
