"""Notes as they are written down."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from generators.music import STEPS_PER_BAR, STEPS_PER_QUARTER, Note
from renderer.notation import NOTE_VALUES, REST_VALUES, Sign, written, written_drums

BARS = 4
STEPS = BARS * STEPS_PER_BAR


@st.composite
def lines(draw: st.DrawFn) -> tuple[Note, ...]:
    """One voice: no note begins before the last one has ended."""
    cuts = sorted(draw(st.sets(st.integers(0, STEPS), min_size=2)))
    spans = list(pairwise(cuts))
    sounding = draw(st.lists(st.booleans(), min_size=len(spans), max_size=len(spans)))
    pitch = st.integers(0, 127)
    return tuple(
        Note(*span, draw(pitch)) for span, sounds in zip(spans, sounding, strict=True) if sounds
    )


def untied(signs: tuple[Sign, ...]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Chords from where they begin to where they end."""
    found: list[tuple[int, int, tuple[int, ...]]] = []
    for sign in signs:
        if sign.tied_back:
            start, _, pitches = found.pop()
            assert pitches == sign.pitches
            found.append((start, sign.start + sign.length, pitches))
        elif sign.pitches:
            found.append((sign.start, sign.start + sign.length, sign.pitches))
    return found


@given(notes=lines())
def test_what_is_written_is_what_is_played(notes: tuple[Note, ...]) -> None:
    assert untied(written(notes, STEPS)) == [(n.start, n.end, (n.pitch,)) for n in notes]


@given(notes=lines())
def test_signs_fill_every_bar_without_crossing_its_line(notes: tuple[Note, ...]) -> None:
    at = 0
    for sign in written(notes, STEPS):
        values = NOTE_VALUES if sign.pitches else REST_VALUES
        assert sign.start == at
        assert at % STEPS_PER_BAR in values[sign.length]
        assert at % STEPS_PER_BAR + sign.length <= STEPS_PER_BAR
        at += sign.length
    assert at == STEPS


def test_what_is_struck_together_is_a_chord() -> None:
    notes = (Note(0, 4, 64), Note(0, 2, 60), Note(0, 4, 67))
    assert written(notes, 16)[0] == Sign(0, 4, (60, 64, 67), 80)


def test_a_note_held_into_the_next_is_written_up_to_it() -> None:
    first, second, *_ = written((Note(0, 8, 60), Note(4, 8, 62)), 16)
    assert (first.length, second.length, first.tied_on) == (4, 4, False)


def test_a_note_over_the_bar_line_is_tied() -> None:
    before, after, *_ = (s for s in written((Note(12, 20, 60),), 32) if s.pitches)
    assert (before.tied_on, after.tied_back, after.start) == (True, True, STEPS_PER_BAR)


@given(starts=st.sets(st.integers(0, STEPS - 1)))
def test_a_stroke_lasts_until_the_next_in_its_beat(starts: set[int]) -> None:
    signs = written_drums([Note(start, start + 1, 36) for start in sorted(starts)], STEPS)
    struck = untied(signs)
    assert [start for start, _, _ in struck] == sorted(starts)
    for start, end, _ in struck:
        beat_ends = start - start % STEPS_PER_QUARTER + STEPS_PER_QUARTER
        assert end == min([beat_ends, *(other for other in starts if other > start)])
