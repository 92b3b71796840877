"""From one melody to another: the coin's way, and the latents' way."""

from __future__ import annotations

import numpy as np
import pytest

from generators.corpus import Corpus
from generators.evaluation.interpolation import PLACES, coin_flips, interpolate, pairs
from generators.evaluation.language import MelodyModel
from generators.evaluation.reconstruction import reconstruct
from generators.evaluation.subjects import OurSubject
from generators.evaluation.tunes import by_tune, training_melodies
from generators.model import MusicVAE


def test_the_coins_way_begins_at_a_and_ends_at_b(rng: np.random.Generator) -> None:
    a, b = rng.integers(90, size=(2, 3, 64))
    way = coin_flips(a, b, np.linspace(0, 1, 5), rng)
    np.testing.assert_array_equal(way[:, 0], a)
    np.testing.assert_array_equal(way[:, -1], b)


def test_half_way_half_of_the_steps_are_from_each(rng: np.random.Generator) -> None:
    a, b = np.zeros((1, 4_000), int), np.ones((1, 4_000), int)
    assert coin_flips(a, b, np.array([0.5]), rng).mean() == pytest.approx(0.5, abs=0.03)


def test_pairs_are_of_different_tunes(rng: np.random.Generator) -> None:
    tunes = np.array([0, 0, 0, 1, 2])
    first, second = pairs(tunes, 50, rng)
    assert (tunes[first] != tunes[second]).all()


def test_a_single_tune_is_paired_with_itself(rng: np.random.Generator) -> None:
    first, second = pairs(np.zeros(3, int), 5, rng)
    assert len(first) == len(second) == 5


def test_a_way_is_measured_at_every_place(
    corpus: Corpus, model: MusicVAE, rng: np.random.Generator
) -> None:
    windows = by_tune(corpus, 2, 20, held_out=True)
    language = MelodyModel(training_melodies(corpus)[0])
    found = interpolate(OurSubject(model), windows, language, 4, rng)
    assert len(found.latent.distance) == len(found.coin.cost) == PLACES
    assert found.coin.distance[0] == 0
    assert found.coin.relative_cost[0] == found.coin.relative_cost[-1] == pytest.approx(0)
    assert list(found.coin.distance) == sorted(found.coin.distance)


def test_a_drawn_token_is_right_as_often_as_it_is_likely(corpus: Corpus, model: MusicVAE) -> None:
    windows = by_tune(corpus, 2, 20, held_out=True).tokens
    found = reconstruct(OurSubject(model), windows)
    drawn, likeliest = np.array(found.drawn.steps), np.array(found.forced.steps)
    assert (drawn > 0).all()
    assert (drawn <= likeliest + 0.05).all()
