"""A piece as events in time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.music import Note, Piece, Trio
from renderer.score import Event, Stroke, bar_frames, events, frames_of, strokes
from tests.pieces import pieces
from tests.renderer.conftest import piece, trio

OFFSETS = st.integers(-60, 60)


def test_a_bar_at_120_lasts_two_seconds() -> None:
    assert bar_frames(piece(trio=trio(3), tempo_qpm=120.0)) == (0, 96_000, 192_000)


def test_a_piece_lasts_its_bars() -> None:
    assert frames_of(piece(trio=trio(3), tempo_qpm=120.0)) == 288_000


def test_bars_get_shorter_as_the_tempo_rises() -> None:
    lines = bar_frames(piece(trio=trio(4), tempo_qpm=90.0, tempo_end_qpm=140.0))
    lengths = [after - before for before, after in pairwise(lines)]
    assert lengths == sorted(lengths, reverse=True)


def test_keys_come_up_before_others_go_down() -> None:
    melody = (Note(0, 4, 60, 90), Note(4, 8, 60, 90))
    played = events(piece(trio=Trio(melody, (), (), 16)))
    assert [(event.frame, event.velocity) for event in played] == [
        (0, 90),
        (24_000, 0),
        (24_000, 90),
        (48_000, 0),
    ]


def test_a_drum_is_let_go_after_a_step() -> None:
    played = events(piece(trio=Trio((), (), (Note(0, 16, 49, 90),), 16)))
    assert played[1] == Event(6_000, "drums", 49, 0)


def test_every_key_that_goes_down_comes_up_in_the_piece() -> None:
    played = events(piece(tempo_qpm=93.0, tempo_end_qpm=121.0))
    ups = sum(event.velocity == 0 for event in played)
    assert ups * 2 == len(played)
    assert played[-1].frame <= frames_of(piece(tempo_qpm=93.0, tempo_end_qpm=121.0))


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_events_are_sorted_in_time(rate: int) -> None:
    frames = [event.frame for event in events(piece(tempo_end_qpm=60.0), rate)]
    assert frames == sorted(frames)


def test_a_note_is_struck_by_its_offset_off_the_step() -> None:
    notes = (Note(4, 6, 60, 90, 12), Note(8, 10, 60, 90, -12))
    played = events(piece(trio=Trio(notes, (), (), 16), tempo_qpm=120.0))
    assert [event.frame for event in played if event.velocity] == [24_600, 47_400]


def test_nothing_is_struck_before_the_piece_begins() -> None:
    early = piece(trio=Trio((), (), (Note(0, 1, 36, 90, -30),), 16))
    assert events(early)[0].frame == 0


def test_a_note_lasts_until_the_next_one_late_or_early() -> None:
    notes = [Note(0, 4, 60, 90), Note(4, 8, 62, 90, 20), Note(8, 12, 64, 90, -20)]
    assert [(stroke.start, stroke.end) for stroke in strokes(notes, 16)] == [
        (0, 500),
        (500, 940),
        (940, 1420),
    ]


def test_a_key_that_is_struck_again_comes_up_first() -> None:
    notes = [Note(0, 4, 60, 90, 30), Note(2, 6, 60, 80, -30)]
    assert strokes(notes, 16) == [Stroke(30, 210, 60, 90), Stroke(210, 690, 60, 80)]


@given(offsets=st.lists(OFFSETS, min_size=8, max_size=8))
def test_a_line_without_rests_stays_legato(offsets: Sequence[int]) -> None:
    line = [Note(2 * i, 2 * i + 2, 60 + i, 90, offset) for i, offset in enumerate(offsets)]
    for before, after in pairwise(strokes(line, 16)):
        assert before.end == after.start


@settings(max_examples=40)
@given(any_piece=pieces())
def test_no_key_stays_down(any_piece: Piece) -> None:
    down: set[tuple[str, int]] = set()
    for event in events(any_piece):
        key = (event.part, event.pitch)
        assert (key in down) == (event.velocity == 0)
        down ^= {key}
        assert 0 <= event.frame <= frames_of(any_piece)
    assert not down
