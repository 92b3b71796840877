"""Whether it copies: a tune is known again in another key, and chance is not taken for it."""

from __future__ import annotations

import numpy as np
import pytest

from generators.evaluation.neighbours import (
    known_share,
    known_two_bars,
    longest_shared,
    moves_of,
)
from generators.events import transpose

BARS = 8


def melody(seed: int, bars: int = BARS) -> np.ndarray:
    """Tokens of a melody that wanders: a note on every other step."""
    dice = np.random.default_rng(seed)
    tokens = np.zeros(16 * bars, np.int16)
    tokens[::2] = 40 + np.cumsum(dice.choice([-4, -3, -2, -1, 1, 2, 3, 4], 8 * bars)) % 24
    return tokens


def test_a_copy_in_another_key_is_found_whole() -> None:
    tune = melody(1)
    notes, where = longest_shared(moves_of([transpose(tune, 3)]), moves_of([melody(2), tune]))
    assert notes.tolist() == [len(tune) // 2]
    assert where.tolist() == [1]


def test_a_borrowed_bar_is_found_in_the_middle() -> None:
    tune, other = melody(1), melody(2)
    other[32:48] = tune[16:32]
    notes, _ = longest_shared(moves_of([other]), moves_of([tune]))
    assert 8 <= notes[0] < 16


def test_a_stretch_does_not_run_from_one_melody_into_the_next() -> None:
    tune = melody(1)
    notes, _ = longest_shared(moves_of([tune]), moves_of([tune[:64], tune[64:]]))
    assert notes.tolist() == [32]


def test_a_repeated_note_is_nobodys_tune() -> None:
    drone = np.full(64, 40)
    assert longest_shared(moves_of([drone]), moves_of([drone]))[0].tolist() == [1]


def test_a_melody_without_notes_shares_nothing() -> None:
    samples = [np.zeros(64, int), melody(1)]
    notes, where = longest_shared(moves_of(samples), moves_of([melody(1)]))
    assert (notes[0], where[0]) == (0, -1)
    assert notes[1] == 64


def test_each_sample_has_its_own_nearest_neighbour() -> None:
    tunes = [melody(seed) for seed in range(5)]
    _, where = longest_shared(moves_of(tunes[::-1]), moves_of(tunes))
    assert where.tolist() == [4, 3, 2, 1, 0]


def test_half_a_copy_is_half_known() -> None:
    samples = [transpose(melody(1), 2), melody(9)]
    assert known_share(samples, [melody(1)]) == pytest.approx(0.5, abs=0.02)
    assert known_two_bars(samples, [melody(1)]) == pytest.approx(0.5)


def test_two_bars_are_known_in_any_key() -> None:
    assert known_two_bars([transpose(melody(1), -5)], [melody(1)]) == 1.0


def test_sparse_bars_do_not_count() -> None:
    sparse = np.zeros(64, int)
    sparse[::32] = 40
    assert np.isnan(known_two_bars([sparse], [sparse]))
