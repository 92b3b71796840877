"""Opening hours: spans of UTC, and how loud it is in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import SettingsError
from station.exhibit.hours import Hours

BERLIN = "Europe/Berlin"
MUSEUM = "Tu-Su 10:00-18:00; Th 10:00-21:00"
RAMP_SECONDS = 20.0
MOMENTS = st.integers(0, 400 * 86_400).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
TEXTS = st.sampled_from(
    [
        MUSEUM,
        "24/7",
        "24/7 off",
        "22:00-03:00",
        "01:30-02:30",
        "02:15-02:45",
        "10:00-10:01",
        "Mo[1] 10:00-11:00",
        '10:00-12:00 "with a guide", 12:00-18:00 open "alone"',
    ]
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day, ...


def museum(text: str = MUSEUM) -> Hours:
    return Hours(text, BERLIN, RAMP_SECONDS)


def test_it_is_open_by_the_stations_clock() -> None:
    span = museum().span(utc(2026, 11, 19, 9, 30))  # a Thursday
    assert (span.open, span.begins, span.ends) == (
        True,
        utc(2026, 11, 19, 9),
        utc(2026, 11, 19, 20),
    )


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        ((2026, 10, 24), (8, 0), (16, 0)),  # summer time
        ((2026, 10, 25), (9, 0), (17, 0)),  # a day of 25 hours
        ((2027, 3, 27), (9, 0), (17, 0)),
        ((2027, 3, 28), (8, 0), (16, 0)),  # a day of 23
    ],
)
def test_a_change_of_summer_time_moves_no_opening(
    day: tuple[int, int, int], opens: tuple[int, int], closes: tuple[int, int]
) -> None:
    span = museum().span(utc(*day, 12))
    assert (span.begins, span.ends) == (utc(*day, *opens), utc(*day, *closes))


def test_a_night_that_loses_an_hour_is_an_hour_shorter() -> None:
    span = museum("22:00-06:00").span(utc(2027, 3, 28, 0))
    assert span.ends is not None
    assert span.ends - span.begins == timedelta(hours=7)


def test_hours_that_the_night_leaves_out_are_no_opening() -> None:
    span = museum("02:15-02:45").span(utc(2027, 3, 28, 0))
    assert (span.open, span.ends) == (False, utc(2027, 3, 28, 1))


def test_always_open_never_changes() -> None:
    hours = museum("24/7")
    assert (hours.span(utc(2026, 1, 1)).ends, hours.gain(utc(2026, 1, 1))) == (None, 1)


def test_it_is_silent_to_the_second_before_opening_and_from_closing_on() -> None:
    hours = museum()
    assert hours.gain(utc(2026, 11, 19, 8, 59, 59)) == 0
    assert hours.gain(utc(2026, 11, 19, 9, 0, 10)) == pytest.approx(0.5)
    assert hours.gain(utc(2026, 11, 19, 9, 0, 20)) == 1
    assert 0 < hours.gain(utc(2026, 11, 19, 19, 59, 59)) < 0.01
    assert hours.gain(utc(2026, 11, 19, 20)) == 0


@settings(max_examples=60)
@given(TEXTS, MOMENTS)
def test_it_rises_to_the_middle_then_falls(text: str, now: datetime) -> None:
    hours = museum(text)
    span = hours.span(now)
    assert span.holds(now)
    if not span.open:
        assert hours.gain(now) == 0
        return
    ends = span.ends or span.begins + timedelta(days=9)
    middle = span.begins + (ends - span.begins) / 2
    rise = [hours.gain(span.begins + (middle - span.begins) * n / 16) for n in range(17)]
    fall = [hours.gain(middle + (ends - middle) * n / 16) for n in range(16)]
    assert rise == sorted(rise)
    assert fall == sorted(fall, reverse=True)
    assert rise[-1] == pytest.approx(1)


@settings(max_examples=60)
@given(TEXTS, MOMENTS, st.floats(0, 3600))
def test_no_second_changes_it_by_more_than_a_ramps_slope(
    text: str, now: datetime, seconds: float
) -> None:
    hours = museum(text)
    now += timedelta(seconds=seconds)
    step = abs(hours.gain(now + timedelta(seconds=0.1)) - hours.gain(now))
    assert step <= 0.1 * 1.6 / RAMP_SECONDS + 1e-9


@settings(max_examples=60)
@given(TEXTS, st.lists(MOMENTS, min_size=2, max_size=5))
def test_a_clock_that_jumps_is_told_what_a_new_one_is_told(
    text: str, moments: list[datetime]
) -> None:
    hours = museum(text)
    for now in moments:
        assert hours.gain(now) == museum(text).gain(now)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ten to six", "1 | ten to six"),
        ("Mo-Fr 10:00-18:00; Sat", "1:22"),
        ("", "Write it like"),
        ("10:00-18:00; PH off", "what PH means"),
        ("sunrise-18:00", "what sunrise means"),
    ],
)
def test_what_is_no_hours_is_shown_with_an_example(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        museum(text)
    assert said in str(raised.value)
    assert "Tu-Su 10:00-18:00" in str(raised.value)


def test_a_comment_may_say_anything() -> None:
    assert museum('10:00-18:00 "not on PH"').gain(utc(2026, 11, 19, 12)) == 1
