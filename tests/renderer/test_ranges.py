"""Every instrument's range, against what a musician knows of it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from renderer.general_midi import PROGRAMS, program_named
from renderer.ranges import _EXCEPTIONS, range_of

MIDDLE_C = 60


@pytest.mark.parametrize("program", range(128), ids=PROGRAMS)
def test_every_instrument_can_play_a_tune(program: int) -> None:
    low, high = range_of(program)
    assert 21 <= low < high <= 108  # inside the piano's keys
    assert high - low >= 12


def test_every_exception_is_an_instrument() -> None:
    assert set(_EXCEPTIONS) <= set(PROGRAMS)


@pytest.mark.parametrize(
    ("instrument", "open_string"),
    [("Violin", 55), ("Viola", 48), ("Cello", 36), ("Contrabass", 28), ("Acoustic Bass", 28)],
)
def test_a_string_instrument_begins_at_its_lowest_open_string(
    instrument: str, open_string: int
) -> None:
    assert range_of(program_named(instrument))[0] == open_string


def test_a_flute_begins_at_middle_c() -> None:
    assert range_of(program_named("Flute"))[0] == MIDDLE_C


@pytest.mark.parametrize(
    "family",
    [
        ("Contrabass", "Cello", "Viola", "Violin"),
        ("Baritone Sax", "Tenor Sax", "Alto Sax", "Soprano Sax"),
        ("Tuba", "Trombone", "Trumpet"),
        ("Bassoon", "English Horn", "Oboe"),
    ],
)
def test_a_smaller_instrument_is_higher(family: tuple[str, ...]) -> None:
    ranges = [range_of(program_named(name)) for name in family]
    assert all(lower < higher for lower, higher in pairwise(ranges))
    assert all(lower[1] < higher[1] for lower, higher in pairwise(ranges))
