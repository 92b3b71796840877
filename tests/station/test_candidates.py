"""How many candidates there is time for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.candidates import (
    FIRST,
    LEAST,
    LEAST_SECONDS,
    MOST,
    MOST_ON_ACCELERATOR,
    RUSH,
    SHARE,
    how_many,
)


def for_half_a_minute(
    seconds_each: float | None, ready_seconds: float = 240.0, device: str = "cpu", stations: int = 1
) -> int:
    return how_many(
        piece_seconds=30.0,
        ready_seconds=ready_seconds,
        seconds_each=seconds_each,
        device=device,
        stations=stations,
    )


def test_the_first_piece_comes_quickly() -> None:
    assert for_half_a_minute(None, ready_seconds=0.0) == FIRST < LEAST


def test_a_full_shelf_leaves_a_tenth_of_the_time() -> None:
    assert for_half_a_minute(0.125) == 30 * SHARE / 0.125


def test_an_empty_shelf_leaves_time_for_the_least() -> None:
    assert for_half_a_minute(0.1, ready_seconds=0.0) == LEAST
    assert for_half_a_minute(0.1, ready_seconds=6.0) == 6 * RUSH / 0.1


def test_where_even_the_least_take_long_there_are_fewer() -> None:
    assert for_half_a_minute(2.0, ready_seconds=0.0) == LEAST_SECONDS / 2
    assert for_half_a_minute(1_000.0) == 1


@pytest.mark.parametrize(("device", "most"), [("cpu", MOST), ("cuda", MOST_ON_ACCELERATOR)])
def test_a_fast_machine_takes_so_many_and_no_more(device: str, most: int) -> None:
    assert for_half_a_minute(1e-6, device=device) == most


def test_stations_share_the_time() -> None:
    assert for_half_a_minute(0.125, stations=2) == for_half_a_minute(0.125) // 2


@given(st.floats(1e-6, 100), st.floats(0, 600), st.floats(0, 600))
def test_more_music_ready_never_means_fewer(seconds_each: float, one: float, other: float) -> None:
    fewer, more = (for_half_a_minute(seconds_each, ready) for ready in sorted((one, other)))
    assert 1 <= fewer <= more


def test_nobody_in_a_hurry_has_a_tenth_of_the_time() -> None:
    assert for_half_a_minute(0.125, ready_seconds=math.inf) == for_half_a_minute(0.125)
