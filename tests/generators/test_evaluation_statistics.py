"""How alike two sets of trios are: distributions whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.evaluation.features import Feature
from generators.evaluation.statistics import (
    Described,
    binned,
    ceiling,
    compare,
    distance_overlap,
    gain,
    kl_divergence,
    overlap,
)

SHARES = Feature("a share", "", 0, 1, 10, lambda _: [])
PITCHES = Feature("a range", "", -0.5, 9.5, 10, lambda _: [])
Counts = st.lists(st.integers(0, 50), min_size=6, max_size=6).filter(any)


def described(bins: np.ndarray, size: int = 4) -> Described:
    """Trios of one feature, each with one value in the given bin."""
    return Described((np.eye(size, dtype=np.int64)[bins],), (0.0,))


def test_a_value_on_an_edge_belongs_above_it() -> None:
    assert binned([0.3], SHARES).tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]


def test_values_outside_fall_into_the_end_bins() -> None:
    assert binned([-7, 99], PITCHES).tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]


def test_a_whole_number_has_a_bin_of_its_own() -> None:
    assert binned(range(10), PITCHES).tolist() == [1] * 10


def test_half_of_two_distributions_overlaps() -> None:
    assert overlap(np.array([0.5, 0.5, 0]), np.array([0, 0.5, 0.5])) == 0.5


@given(Counts)
def test_a_distribution_is_itself(counts: list[int]) -> None:
    shares = np.array(counts) / sum(counts)
    assert overlap(shares, shares) == pytest.approx(1)
    assert kl_divergence(np.array(counts), np.array(counts)) == pytest.approx(0)


@given(Counts, Counts)
def test_no_divergence_is_below_nothing(p: list[int], q: list[int]) -> None:
    assert kl_divergence(np.array(p), np.array(q)) >= -1e-12


def test_the_divergence_of_a_sure_thing_from_a_coin_is_one_bit() -> None:
    many = 10**9  # so many that the half counts do not show
    divergence = kl_divergence(np.array([many, 0]), np.array([many, many]))
    assert divergence == pytest.approx(math.log(2), abs=1e-6)


def test_a_set_far_from_the_music_shares_no_distances_with_it() -> None:
    music = np.eye(9, dtype=np.int64)[np.arange(40) % 2]
    strange = np.eye(9, dtype=np.int64)[np.full(40, 8)]
    assert distance_overlap(music, music) > 0.9
    assert distance_overlap(music, strange) == 0


def test_what_is_undefined_is_left_out_of_the_distances() -> None:
    counts = np.eye(4, dtype=np.int64)[np.arange(8) % 4]
    counts[0] = 0
    assert math.isfinite(distance_overlap(counts, counts))


def test_a_set_is_wholly_like_itself() -> None:
    music = described(np.arange(40) % 4)
    [alike] = compare(music, music)
    assert (alike.overlap, alike.kl) == pytest.approx((1, 0))


def test_one_tune_has_no_other_tunes_to_compare_with(rng: np.random.Generator) -> None:
    assert ceiling(described(np.zeros(8, int)), np.zeros(8), rng) == ()


def test_tunes_alike_have_a_high_ceiling(rng: np.random.Generator) -> None:
    music = described(np.arange(40) % 4)
    [alike] = ceiling(music, np.arange(40) // 4, rng)  # ten tunes, each with all four bins
    assert alike.overlap == pytest.approx(1)


def test_a_better_set_is_better_beyond_doubt(rng: np.random.Generator) -> None:
    music, poor = described(np.arange(400) % 4), described(np.zeros(400, int))
    better = gain(music, poor, music, rng)
    assert better["difference"] == pytest.approx(0.75)
    assert better["low"] > 0.6


def test_two_sets_of_the_same_kind_differ_by_chance_only(rng: np.random.Generator) -> None:
    music, one, other = (described(rng.integers(4, size=400)) for _ in range(3))
    chance = gain(music, one, other, rng)
    assert chance["low"] < 0 < chance["high"]
