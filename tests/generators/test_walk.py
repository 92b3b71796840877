"""Ways through latent space."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.walk import bridge_bars, near, prior, slerp


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


def test_a_variation_is_nearer_than_a_stranger(rng: np.random.Generator) -> None:
    a, b = two(rng)
    assert np.linalg.norm(near(a, rng, 0.2) - a) < np.linalg.norm(b - a) / 2


@given(st.integers(1, 32), st.integers(1, 16))
def test_a_bridge_rises_evenly_without_touching_its_ends(count: int, model_bars: int) -> None:
    bars = bridge_bars(count, model_bars)
    steps = np.diff([0.0, *(bar.t for bar in bars), 1.0])
    np.testing.assert_allclose(steps, 1 / (count + 1))
    assert [bar.place for bar in bars] == [number % model_bars for number in range(count)]


def test_a_bridge_changes_key_half_way() -> None:
    assert [bar.transpose for bar in bridge_bars(4, 4, (-2, 3))] == [-2, -2, 3, 3]
    assert [bar.transpose for bar in bridge_bars(1, 4, (-2, 3))] == [-2]
