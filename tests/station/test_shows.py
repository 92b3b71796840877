"""Which show is on: by the clock on the station's own wall."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from station.show_settings import ShowSettings
from station.shows import show_at

DAY = ShowSettings(name="day", starts=time(7))
EVENING = ShowSettings(name="evening", starts=time(19, 30))
NIGHT = ShowSettings(name="night", starts=time(23))
SHOWS = (NIGHT, DAY, EVENING)


@pytest.mark.parametrize(
    ("clock", "name"),
    [
        ("06:59", "night"),
        ("07:00", "day"),
        ("19:29", "day"),
        ("19:30", "evening"),
        ("23:00", "night"),
        ("00:00", "night"),
    ],
)
def test_a_show_lasts_until_the_next(clock: str, name: str) -> None:
    now = datetime.fromisoformat(f"2026-06-01T{clock}:00+00:00")
    assert show_at(SHOWS, "UTC", now).name == name


def test_the_only_show_is_always_on() -> None:
    assert show_at([EVENING], "UTC", datetime(2026, 6, 1, 3, tzinfo=UTC)) is EVENING


@pytest.mark.parametrize(
    ("utc", "name"),
    [
        ("2026-03-28T05:59", "night"),  # winter: 06:59 in Berlin
        ("2026-03-28T06:00", "day"),
        ("2026-03-29T04:59", "night"),  # the clocks went forward at two
        ("2026-03-29T05:00", "day"),
        ("2026-10-25T05:59", "night"),  # ... and back at three
        ("2026-10-25T06:00", "day"),
    ],
)
def test_shows_begin_by_the_local_clock_when_it_changes(utc: str, name: str) -> None:
    now = datetime.fromisoformat(f"{utc}:00+00:00")
    assert show_at(SHOWS, "Europe/Berlin", now).name == name


def test_a_show_in_the_hour_that_does_not_exist_is_on_after_it() -> None:
    ghost = ShowSettings(name="ghost", starts=time(2, 30))
    now = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # 03:00 in Berlin, a minute after 01:59
    assert show_at([DAY, ghost], "Europe/Berlin", now) is ghost
