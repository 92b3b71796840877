"""A piece as events in time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from generators.music import Note, Trio
from renderer.score import Event, bar_frames, events, frames_of
from tests.renderer.conftest import piece, trio


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
