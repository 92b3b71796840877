"""The distance between bars: what ears hear as a step, and what they do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.distance import (
    WIDTH,
    bar_distances,
    bar_vectors,
    clash,
    clashes,
    distances,
    join_steps,
    moved,
    neighbours,
    silenced,
)
from generators.music import STEPS_PER_BAR, Note, Piece, Trio
from tests.pieces import make_piece, pieces

BAR = STEPS_PER_BAR


def trio(
    melody: tuple[Note, ...] = (), bass: tuple[Note, ...] = (), drums: tuple[Note, ...] = ()
) -> Trio:
    notes = (*melody, *bass, *drums)
    return Trio(melody, bass, drums, -(-max(note.end for note in notes) // BAR) * BAR)


def test_a_bar_that_comes_again_is_no_step() -> None:
    tune = tuple(Note(start, start + 4, 60 + start % BAR) for start in range(0, 2 * BAR, 4))
    assert bar_distances(trio(tune)) == pytest.approx([0])


def test_another_key_is_a_longer_step_than_another_octave() -> None:
    octave = trio((Note(0, BAR, 60), Note(BAR, 2 * BAR, 72)))
    key = trio((Note(0, BAR, 60), Note(BAR, 2 * BAR, 66)))
    assert bar_distances(octave) == pytest.approx([0])
    assert bar_distances(key)[0] > 0.3


def test_a_kick_that_moves_is_heard_under_steady_hats() -> None:
    hats = tuple(Note(step, step + 1, 42) for step in range(2 * BAR))
    still = trio(drums=(*hats, Note(0, 1, 36), Note(BAR, BAR + 1, 36)))
    moves = trio(drums=(*hats, Note(0, 1, 36), Note(BAR + 6, BAR + 7, 36)))
    assert bar_distances(still) == pytest.approx([0])
    assert bar_distances(moves)[0] > 0.1


def test_a_note_sounds_on_in_the_next_bar() -> None:
    held = trio((Note(0, 2 * BAR, 60),))
    assert bar_vectors(held)[1, 0] == 1


def test_the_steps_go_on_across_trios() -> None:
    one, other = (make_piece(seed=seed, bars=2).trio for seed in (1, 2))
    steps = bar_distances(one, other)
    assert len(steps) == 3
    assert steps[1] == distances(bar_vectors(one)[-1:], bar_vectors(other)[:1])[0, 0]


@given(pieces(max_bars=2), pieces(max_bars=2))
def test_distance_is_the_same_both_ways(one: Piece, other: Piece) -> None:
    a, b = bar_vectors(one.trio), bar_vectors(other.trio)
    np.testing.assert_allclose(distances(a, b), distances(b, a).T, atol=1e-6)


@given(pieces(), st.integers(-12, 12))
def test_moving_all_bars_alike_changes_no_step(piece: Piece, semitones: int) -> None:
    vectors = bar_vectors(piece.trio)
    np.testing.assert_allclose(neighbours(moved(vectors, semitones)), neighbours(vectors))
    np.testing.assert_array_equal(moved(moved(vectors, semitones), -semitones), vectors)


@given(pieces())
def test_parts_that_rest_leave_no_trace(piece: Piece) -> None:
    vectors = bar_vectors(piece.trio)
    assert vectors.shape == (piece.trio.steps // BAR, WIDTH)
    assert not silenced(vectors, "mbd").any()
    np.testing.assert_array_equal(silenced(vectors, ""), vectors)
    without = Trio(piece.trio.melody, piece.trio.bass, (), piece.trio.steps)
    np.testing.assert_array_equal(silenced(vectors, "d"), bar_vectors(without))


def test_a_join_that_stands_still_has_no_steps() -> None:
    vectors = bar_vectors(make_piece(bars=4).trio)
    steps = join_steps(vectors, vectors[-1:], vectors[-1:])
    assert (steps.median, steps.worst) == (0, 0)


def test_a_join_of_usual_steps_has_the_ratio_one() -> None:
    vectors = bar_vectors(make_piece(bars=12).trio)
    steps = join_steps(vectors[:6], vectors[6:7], vectors[7:])
    assert 0.5 < steps.median < 2
    assert steps.worst > steps.median / 2


def test_single_bars_can_be_joined() -> None:
    one, other = (bar_vectors(make_piece(seed=seed, bars=1).trio) for seed in (1, 2))
    assert join_steps(one, one[:0], other).worst == pytest.approx(distances(one, other)[0, 0])


def test_a_third_does_not_clash() -> None:
    assert clash(trio((Note(0, BAR, 64),), (Note(0, BAR, 36),))) == 0


def test_a_semitone_clashes_where_both_sound() -> None:
    both = trio((Note(0, 8, 61),), (Note(4, BAR, 36),))
    assert clash(both) == 1
    assert clashes(both).tolist() == [4]


def test_nothing_clashes_with_silence() -> None:
    assert clash(trio((Note(0, BAR, 61),))) == 0
