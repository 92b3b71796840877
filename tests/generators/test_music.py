"""The values of music check themselves when they are made."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.music import Bar, Note, Trio
from tests.pieces import make_piece


@pytest.mark.parametrize("wrong", [(4, 4, 60), (-1, 2, 60), (0, 1, 128), (0, 1, 60, 0)])
def test_an_impossible_note_is_refused(wrong: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must"):
        Note(*wrong)


@pytest.mark.parametrize("steps", [0, 15, -16])
def test_a_trio_lasts_whole_bars(steps: int) -> None:
    with pytest.raises(ValueError, match="whole bars"):
        Trio((), (), (), steps)


def test_no_note_outlasts_its_trio() -> None:
    with pytest.raises(ValueError, match=r"bass.*ends after step 16"):
        Trio((), (Note(15, 17, 40),), (), 16)


def test_a_plan_has_a_bar_for_every_bar() -> None:
    with pytest.raises(ValueError, match="1 bars planned"):
        replace(make_piece(bars=4), bars=(Bar(0, 0, 0.0, 0),))


def test_a_bar_of_four_at_120_lasts_two_seconds() -> None:
    assert make_piece(bars=4, tempo_qpm=120).seconds == pytest.approx(8.0)


@given(st.floats(30, 240), st.floats(30, 240))
def test_a_gliding_tempo_never_goes_back_in_time(first: float, last: float) -> None:
    piece = replace(make_piece(bars=4), tempo_qpm=first, tempo_end_qpm=last)
    times = [piece.seconds_at(step) for step in range(65)]
    assert times[0] == 0
    assert all(a < b for a, b in pairwise(times))
    slow, fast = sorted((first, last))
    assert 960 / fast * 0.999 <= piece.seconds <= 960 / slow * 1.001
