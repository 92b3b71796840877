"""Ways through latent space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.walk import centre, cheapest_path, near, prior, rounded, slerp, strand
from tests.pieces import make_piece


def two(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return prior(rng, 512), prior(rng, 512)


def test_slerp_begins_and_ends_at_its_ends(rng: np.random.Generator) -> None:
    a, b = two(rng)
    np.testing.assert_allclose(slerp(a, b, 0.0), a, atol=1e-6)
    np.testing.assert_allclose(slerp(a, b, 1.0), b, atol=1e-6)


def test_slerp_keeps_the_length_of_its_ends(rng: np.random.Generator) -> None:
    a, b = two(rng)
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    assert np.linalg.norm(slerp(a, b, 0.5)) == pytest.approx(np.linalg.norm(a), rel=1e-5)


def test_slerp_gives_float32(rng: np.random.Generator) -> None:
    assert slerp(*two(rng), 0.3).dtype == np.float32


def test_slerp_between_equal_latents_stays_there(rng: np.random.Generator) -> None:
    a, _ = two(rng)
    np.testing.assert_allclose(slerp(a, a, 0.5), a, rtol=1e-6)


def test_slerp_has_no_way_from_nothing(rng: np.random.Generator) -> None:
    a, _ = two(rng)
    with pytest.raises(ValueError, match="zero latent"):
        slerp(a, np.zeros_like(a), 0.5)


def test_slerp_refuses_latents_of_two_models(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        slerp(prior(rng, 8), prior(rng, 16), 0.5)


def test_rounded_latents_lie_a_hundredth_off(rng: np.random.Generator) -> None:
    latents, _ = two(rng)
    assert np.abs(rounded(latents) - latents).max() <= 1 / 64
    assert rounded(latents).dtype == np.float32


def test_what_was_rounded_stays(rng: np.random.Generator) -> None:
    once = rounded(two(rng)[0])
    assert rounded(once).tobytes() == once.tobytes()
    assert not np.signbit(once[once == 0]).any()


def test_a_variation_is_nearer_than_a_stranger(rng: np.random.Generator) -> None:
    a, b = two(rng)
    assert np.linalg.norm(near(a, rng, 0.2) - a) < np.linalg.norm(b - a) / 2


@given(st.integers(1, 32))
def test_a_strand_rises_evenly_without_touching_its_ends(count: int) -> None:
    bars = strand(range(count), 0, 0.0)
    steps = np.diff([0.0, *(bar.t for bar in bars), 1.0])
    np.testing.assert_allclose(steps, 1 / (count + 1))


@given(st.integers(2, 16), st.floats(-0.49, 0.49), st.floats(-0.49, 0.49))
def test_a_later_bar_of_one_strand_is_past_an_earlier_of_another(
    count: int, lean: float, other_lean: float
) -> None:
    one, other = strand(range(count), 0, lean), strand(range(count), 1, other_lean)
    assert all(before.t < after.t for before, after in zip(one, other[1:], strict=False))
    assert all(0 < bar.t < 1 for bar in (*one, *other))


def test_the_cheapest_path_avoids_the_one_dear_step() -> None:
    costs = [np.array([[1.0, 2.0]]), np.array([[9.0, 9.0], [1.0, 5.0]]), np.array([[1.0], [0.0]])]
    assert cheapest_path(costs) == [0, 1, 0, 0]


def test_the_cheapest_path_takes_no_way_that_is_closed() -> None:
    costs = [np.array([[np.inf, 7.0]]), np.array([[0.0], [0.0]])]
    assert cheapest_path(costs) == [0, 1, 0]


@given(st.integers(0, 999))
def test_no_path_is_cheaper_than_the_cheapest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs = [rng.random((1, 3)), rng.random((3, 3)), rng.random((3, 2))]

    def price(path: Sequence[int]) -> float:
        return sum(float(c[at]) for c, at in zip(costs, pairwise(path), strict=True))

    others = product(range(1), range(3), range(3), range(2))
    assert price(cheapest_path(costs)) == pytest.approx(min(map(price, others)))


def test_a_piece_lies_where_it_spends_its_time() -> None:
    piece = make_piece(bars=4, latents=2, z_size=8)
    bars = tuple(
        replace(bar, start=at, end=at) for bar, at in zip(piece.bars, (0, 0, 0, 1), strict=True)
    )
    found = centre(replace(piece, bars=bars))
    assert found == pytest.approx(0.75 * piece.latents[0] + 0.25 * piece.latents[1], abs=1e-6)


def test_what_no_model_made_lies_nowhere() -> None:
    assert centre(make_piece(latents=0)) is None
