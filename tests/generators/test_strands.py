"""A bridge out of many: the smoothest of the ways through their bars."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from generators.distance import bar_vectors, neighbours
from generators.events import tokens_to_trio, trio_to_tokens
from generators.music import STEPS_PER_BAR, Bar
from generators.realise import realise
from generators.strands import LONG_BARS, Shore, smoothest
from generators.walk import strand
from tests.pieces import make_piece

STRANDS = 6


def sung(count: int) -> tuple[list[tuple[Bar, ...]], list[np.ndarray]]:
    strands = [strand(range(count), take, 0.0) for take in range(STRANDS)]
    tokens = [trio_to_tokens(make_piece(seed=seed, bars=count).trio) for seed in range(STRANDS)]
    return strands, tokens


def shore(seed: int, transpose: int = 0, rests: str = "") -> Shore:
    return Shore(bar_vectors(make_piece(seed=seed, bars=1).trio)[0], transpose, rests)


def test_a_bridge_of_many_ways_is_smoother_than_any_of_them() -> None:
    strands, tokens = sung(4)
    vectors = [bar_vectors(tokens_to_trio(each)) for each in tokens]
    of_many, of_one = 0.0, 0.0
    for seed in range(20, 40, 2):
        old, new = shore(seed), shore(seed + 1)
        bars = smoothest(strands, tokens, old, new)
        along = np.stack([vectors[bar.take][number] for number, bar in enumerate(bars)])
        of_many += roughness(old, along, new)
        of_one += min(roughness(old, each, new) for each in vectors)
    assert of_many < of_one


def roughness(old: Shore, along: np.ndarray, new: Shore) -> float:
    steps = neighbours(np.concatenate([old.vector[None], along, new.vector[None]]))
    return float((steps**3).sum())


def test_a_bar_keeps_its_place_on_the_way() -> None:
    bars = smoothest(*sung(4), shore(20), shore(21))
    assert [bar.place for bar in bars] == [0, 1, 2, 3]
    assert all(one.t < other.t for one, other in pairwise(bars))


@pytest.mark.parametrize("transpose", [(0, 5), (-3, 4)])
def test_the_key_changes_once(transpose: tuple[int, int]) -> None:
    bars = smoothest(*sung(4), shore(20, transpose[0]), shore(21, transpose[1]))
    shifts = [bar.transpose for bar in bars]
    assert set(shifts) <= set(transpose)
    assert sum(one != other for one, other in pairwise(shifts)) <= 1


def test_parts_that_rest_come_in_once() -> None:
    bars = smoothest(*sung(4), shore(20, rests="md"), shore(21))
    rests = [bar.rests for bar in bars]
    assert rests == sorted(rests, reverse=True)


def test_a_part_that_rests_on_both_sides_plays_in_the_middle_of_a_long_bridge() -> None:
    bars = smoothest(*sung(LONG_BARS), shore(20, rests="d"), shore(21, rests="d"))
    playing = [bar.rests == "" for bar in bars]
    assert all(playing[LONG_BARS // 4 : 3 * LONG_BARS // 4])
    assert sum(one != other for one, other in pairwise(playing)) <= 2


def test_drums_that_come_in_have_a_fill_before_them() -> None:
    bars = smoothest(*sung(LONG_BARS), shore(20, rests="d"), shore(21, rests="d"))
    entries = [n for n, (one, other) in enumerate(pairwise(bars)) if one.rests > other.rests]
    assert [n for n, bar in enumerate(bars) if bar.fill] == entries


def test_no_bar_is_silent_while_others_sing() -> None:
    strands, tokens = sung(4)
    for each in tokens[1:]:
        each[16:32] = 0  # nothing in the second bar, but in one strand
    bars = smoothest(strands, tokens, shore(20), shore(21))
    assert bars[1].take == 0


def test_the_bars_can_be_played() -> None:
    strands, tokens = sung(2)
    for old, new in product((shore(20, 2, "m"), shore(20)), (shore(21, -2, "d"), shore(21))):
        bars = smoothest(strands, tokens, old, new)
        assert realise(tokens[0], bars).steps == 2 * STEPS_PER_BAR
