"""Who plays: instruments of the show, in whose register the music lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.music import Note, Trio
from renderer.general_midi import DRUM_KITS, PROGRAMS, program_named
from renderer.ranges import range_of
from station.palettes import (
    choose_instruments,
    first_instruments,
    octave_shift,
    seated,
    share_in_range,
)
from station.show_settings import DAY, NIGHT, SHOWS, BassStrip, MixSettings, ShowSettings

VIOLIN, CELLO, FLUTE = (program_named(name) for name in ("Violin", "Cello", "Flute"))


def line(*pitches: int) -> tuple[Note, ...]:
    """A bar of quarter notes, over and over."""
    return tuple(Note(4 * i, 4 * i + 4, pitch) for i, pitch in enumerate(pitches))


def trio(melody: tuple[Note, ...], bass: tuple[Note, ...] = line(36, 43, 36, 43)) -> Trio:
    return Trio(melody, bass, (), steps=16)


def chosen(show: ShowSettings, melody: tuple[Note, ...], times: int = 60) -> set[str]:
    """The names of all who play this melody, sooner or later."""
    rng = np.random.default_rng(0)
    programs = [choose_instruments(show, trio(melody), rng).melody for _ in range(times)]
    return {PROGRAMS[program] for program in programs}


def strings(*names: str) -> ShowSettings:
    return DAY.model_copy(update={"melody": names})


def test_a_low_melody_is_for_the_cello() -> None:
    assert chosen(strings("Violin", "Cello"), line(40, 43, 47, 48)) == {"Cello"}


def test_a_high_melody_is_for_the_violin() -> None:
    assert chosen(strings("Violin", "Cello"), line(84, 86, 88, 91)) == {"Violin"}


def test_a_melody_in_everybodys_range_is_for_everybody() -> None:
    melody = line(67, 69, 71, 72)
    assert chosen(DAY, melody) == set(DAY.melody)


def test_a_short_note_out_of_range_keeps_nobody_from_playing() -> None:
    melody = (*line(60, 62, 64)[:3], Note(12, 13, 59))
    assert share_in_range(melody, FLUTE) == pytest.approx(12 / 13)
    assert chosen(strings("Flute", "Cello"), melody) == {"Flute", "Cello"}


def test_a_melody_that_nobody_can_play_is_still_played() -> None:
    assert chosen(strings("Violin", "Flute"), line(24, 26, 28, 29)) <= {"Violin", "Flute"}


def test_a_silent_melody_may_be_anybodys() -> None:
    assert chosen(DAY, ()) == set(DAY.melody)


def test_equal_seeds_choose_equal_instruments() -> None:
    a, b = (choose_instruments(DAY, trio(line(64, 67)), np.random.default_rng(3)) for _ in range(2))
    assert a == b


def test_the_shows_font_goes_with_its_instruments() -> None:
    show = DAY.model_copy(update={"soundfont": "bells"})
    played = choose_instruments(show, trio(line(64)), np.random.default_rng(0))
    assert played.soundfont == first_instruments(show).soundfont == "bells"


def test_the_shows_mix_goes_with_its_instruments() -> None:
    left = MixSettings(bass=BassStrip(pan_percent=-100))
    show = DAY.model_copy(update={"mix": left})
    assert choose_instruments(show, trio(line(64)), np.random.default_rng(0)).mix.bass.pan == 1


def test_a_part_in_its_register_stays_there() -> None:
    assert octave_shift(line(67, 69, 71), VIOLIN) == 0


@pytest.mark.parametrize(("pitches", "shift"), [((48, 50, 52), 12), ((33, 34, 36), 24)])
def test_a_part_below_its_register_is_lifted_by_octaves(
    pitches: tuple[int, ...], shift: int
) -> None:
    assert octave_shift(line(*pitches), VIOLIN) == shift


def test_a_part_above_its_register_is_brought_down() -> None:
    assert octave_shift(line(86, 88, 89), CELLO) == -12


def test_seated_parts_keep_their_tune() -> None:
    before = trio(line(40, 43, 41), bass=line(24, 23, 26))
    after = seated(before, replace(first_instruments(DAY), melody=VIOLIN))
    assert np.diff([n.pitch for n in after.melody]).tolist() == [3, -2]
    assert [n.pitch for n in after.bass] == [36, 35, 38]


@given(st.lists(st.integers(0, 127), min_size=1, max_size=12), st.integers(0, 127))
def test_seating_never_takes_a_part_further_out_of_range(pitches: list[int], program: int) -> None:
    part = line(*pitches)
    shift = octave_shift(part, program)
    assert shift % 12 == 0
    assert share_in_range(part, program, shift) >= share_in_range(part, program)


@pytest.mark.parametrize("show", SHOWS, ids=lambda show: show.name)
def test_the_shipped_shows_play_where_tunes_mostly_lie(show: ShowSettings) -> None:
    """The middle half of what the shipped model sings lies between these pitches."""
    for name in show.melody:
        low, high = range_of(program_named(name))
        assert low <= 62
        assert high >= 76
    assert all(range_of(program_named(name))[0] <= 31 for name in show.bass)


def test_a_show_draws_all_of_its_kits() -> None:
    rng = np.random.default_rng(0)
    kits = {choose_instruments(NIGHT, trio(line(64)), rng).drum_kit for _ in range(20)}
    assert {DRUM_KITS[kit] for kit in kits} == set(NIGHT.drums)
