"""The 5-gram model of melodies: probabilities that add up, and melodies it knows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.evaluation.language import MelodyModel

SCALE = np.tile([2, 3, 4, 5, 6, 7, 8, 9], 20)
DEPTH = 12


def model() -> MelodyModel:
    return MelodyModel([SCALE], depth=DEPTH)


@given(st.lists(st.integers(0, DEPTH - 1), min_size=4, max_size=4))
def test_after_any_four_notes_something_follows(context: list[int]) -> None:
    ways = np.array([[*context, token] for token in range(DEPTH)])
    assert model().probabilities(ways).sum() == pytest.approx(1)


def test_smoothing_is_wittens_and_bells() -> None:
    """One token, always 0, of two: P = (n + P') / (n + 1), five times over from P' = 1/2."""
    [[chance]] = MelodyModel([np.zeros(9, int)], depth=2).probabilities(np.zeros((1, 5), int))
    expected = 0.5
    for seen in (9, 8, 7, 6, 5):  # n-grams of 1 to 5 tokens in nine
        expected = (seen + expected) / (seen + 1)
    assert chance == pytest.approx(expected)


def test_a_melody_it_knows_costs_less_than_a_shuffled_one(rng: np.random.Generator) -> None:
    known, shuffled = model().cost(np.stack([SCALE, rng.permutation(SCALE)]))
    assert known < 0.1 < 1 < shuffled


def test_a_note_it_never_heard_is_possible() -> None:
    assert model().probabilities(np.full((1, 8), DEPTH - 1)).min() > 0


def test_melodies_shorter_than_an_ngram_are_no_trouble() -> None:
    assert MelodyModel([np.array([2, 3]), SCALE], depth=DEPTH).cost(SCALE[None])[0] > 0
