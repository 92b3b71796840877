"""Attributes: what a listener would call busier, higher, more against the beat, brighter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.attributes import ATTRIBUTES, METRE, attributes
from generators.events import trio_to_tokens
from generators.music import Note, Trio

MAJOR = (0, 4, 7, 12, 7, 4, 2, 0)
MINOR = (0, 3, 7, 12, 7, 3, 2, 0)


def song(
    *, degrees: tuple[int, ...] = MAJOR, up: int = 0, late: int = 0, every: int = 2, hats: int = 4
) -> Trio:
    """Four bars: a tune struck `every` step but `late` ones off, a bass, and so many hats a bar."""
    melody, bass, drums = [], [], []
    for number, step in enumerate(range(0, 64 - late, every)):
        start = step + late
        pitch = 60 + up + degrees[number % len(degrees)]
        melody.append(Note(start, min(64, start + every), pitch))
    for step in range(0, 64, 8):
        bass.append(Note(step, step + 8, 36 + up + degrees[2] * (step % 16 == 8)))
    for step in range(0, 64, 16 // hats):
        drums.append(Note(step, step + 1, 42))
    return Trio(tuple(melody), tuple(bass), tuple(drums), 64)


def of(trio: Trio) -> dict[str, float]:
    return dict(zip(ATTRIBUTES, attributes(trio_to_tokens(trio)[None])[0], strict=True))


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("density", song(every=4), song(every=2)),
        ("register", song(), song(up=7)),
        (
            "interval",
            song(degrees=(0, 2, 4, 5, 4, 2, 0, 2)),
            song(degrees=(0, 7, 0, 12, 0, 7, 0, 12)),
        ),
        ("syncopation", song(every=4), song(every=4, late=3)),
        ("drums", song(hats=4), song(hats=8)),
        ("mode", song(degrees=MINOR), song(degrees=MAJOR)),
    ],
)
def test_more_of_it_measures_more(name: str, less: Trio, more: Trio) -> None:
    assert of(more)[name] > of(less)[name]


def test_a_bar_is_as_strong_as_musicians_count_it() -> None:
    assert METRE.tolist() == [0, -4, -3, -4, -2, -4, -3, -4, -1, -4, -3, -4, -2, -4, -3, -4]


def test_notes_on_the_beat_are_not_syncopated() -> None:
    assert of(song(every=4))["syncopation"] == 0


def test_the_and_of_four_held_over_the_barline_counts_by_its_weight() -> None:
    tied = Trio((Note(14, 20, 60),), (), (), 64)  # an eighth, over a downbeat three levels above
    assert of(tied)["syncopation"] == 3


def test_two_drums_at_once_are_two() -> None:
    both = Trio((), (), (Note(0, 1, 36), Note(0, 1, 42)), 16)
    assert of(both)["drums"] == 2


@given(st.integers(-12, 12))
def test_transposing_changes_nothing_but_the_register(up: int) -> None:
    before, after = of(song()), of(song(up=up))
    assert after["register"] == pytest.approx(before["register"] + up)
    others = ATTRIBUTES.keys() - {"register"}
    assert [after[name] for name in others] == pytest.approx([before[name] for name in others])


def test_silence_can_be_measured() -> None:
    assert np.isfinite(attributes(np.zeros((2, 64, 3), np.int16))).all()


def test_a_longer_piece_is_the_mean_of_its_sections() -> None:
    calm, busy = trio_to_tokens(song(every=4)), trio_to_tokens(song(every=2))
    whole = attributes(np.concatenate([calm, busy, busy])[None])[0]
    parts = attributes(np.stack([calm, busy, busy]))
    assert whole == pytest.approx(parts.mean(axis=0))
