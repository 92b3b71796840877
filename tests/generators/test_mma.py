"""Charts for mma and what it plays from them."""

from __future__ import annotations

import numpy as np
import pytest

from generators.chords import NO_CHORD, chord_of
from generators.errors import MidiError
from generators.events import FIRST_PITCH_TOKEN, PITCH_OF_TOKEN
from generators.grooves import GROOVES
from generators.mma import arrange, chart, find_mma, groove_for

needs_mma = pytest.mark.skipif(find_mma() is None, reason="mma is not installed")

C, AM, G7 = chord_of(0, (0, 4, 7)), chord_of(9, (0, 3, 7)), chord_of(7, (0, 4, 7, 10))
SONG = np.repeat([C, AM, G7, C] * 4, 4).astype(np.int16)


def test_a_chart_has_every_chord_on_its_beat() -> None:
    beats = np.array([C, C, AM, G7, NO_CHORD, NO_CHORD, C, C], np.int16)
    lines = chart(beats, "BasicRock4", 7).splitlines()
    assert lines == ["RndSeed 7", "Tempo 120", "Groove BasicRock4", "1 C / Am G7", "2 z / C /"]


def test_every_eighth_bar_is_a_fill_where_the_groove_has_one() -> None:
    lines = chart(SONG, "8Beat", 7).splitlines()
    assert lines[lines.index("Groove 8BeatFill") + 1].startswith("8 ")
    assert lines[lines.index("Groove 8BeatFill") + 2 :][0] == "Groove 8Beat"
    assert not any("Fill" in line for line in chart(SONG, "Polka", 7).splitlines())


def test_takes_of_a_melody_have_different_grooves() -> None:
    grooves = [groove_for("a melody", take) for take in range(24)]
    assert len(set(grooves)) == 24
    assert grooves == [groove_for("a melody", take) for take in range(24)]


def test_melodies_do_not_all_begin_with_the_same_groove() -> None:
    assert len({groove_for(f"melody {number}", 0) for number in range(100)}) > 40


@needs_mma
def test_the_bass_plays_the_chords() -> None:
    arrangement = arrange(str(find_mma()), SONG, "Polka", 7)
    struck = arrangement.bass >= FIRST_PITCH_TOKEN
    pitches = arrangement.bass[struck][:2] + PITCH_OF_TOKEN
    assert set((pitches % 12).tolist()) <= {0, 4, 7}  # the first bar is C
    assert all(bar.any() for bar in np.split(arrangement.drums, 16))


@needs_mma
def test_an_arrangement_is_the_same_each_time() -> None:
    one, other = (arrange(str(find_mma()), SONG, "BossaNova", 3) for _ in range(2))
    np.testing.assert_array_equal(one.bass, other.bass)
    np.testing.assert_array_equal(one.drums, other.drums)


@needs_mma
@pytest.mark.parametrize("groove", list(GROOVES)[::30])
def test_listed_grooves_play(groove: str) -> None:
    arrangement = arrange(str(find_mma()), SONG, groove, 1)
    assert len(arrangement.bass) == len(arrangement.drums) == 256
    assert (arrangement.bass >= FIRST_PITCH_TOKEN).sum() >= 16


def test_a_program_that_fails_is_named() -> None:
    with pytest.raises(MidiError, match="mma cannot play 8Beat"):
        arrange("false", SONG, "8Beat", 1)
