"""Other models sing parts of a trio."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from generators.ensemble import Ensemble, PlanRow, rotation
from generators.events import FIRST_PITCH_TOKEN
from generators.keys import fifths_apart, find_key
from generators.music import STEPS_PER_BAR, Bar
from generators.realise import realise

C_MAJOR_BASS = (24, 28, 31, 36, 29, 33, 31, 24)  # pitches of one bar in eighths, and its fourth


class Bassist:
    """Leads with a bass in C, no melody and no drums."""

    def decode_many(self, plans: Sequence[PlanRow]) -> list[np.ndarray]:
        pieces = []
        for _, bars, _, _ in plans:
            tokens = np.zeros((len(bars) * STEPS_PER_BAR, 3), np.int16)
            for eighth in range(len(bars) * 8):
                tokens[eighth * 2, 1] = C_MAJOR_BASS[eighth % 8] - 19
            pieces.append(tokens)
        return pieces


class Scale:
    """Sings the same major scale whatever it is told, and remembers where it was led."""

    z_size, bars = 6, 2

    def __init__(self, tonic: int) -> None:
        self.tonic = tonic
        self.latents = np.zeros((0, 6))

    def sing(self, z: np.ndarray, uniforms: np.ndarray, temperatures: np.ndarray) -> np.ndarray:
        self.latents = z
        scale = np.array([0, 2, 4, 5, 7, 9, 11, 12] * 4) + self.tonic - 19
        assert uniforms.shape == (len(z), 32)
        return np.tile(scale.astype(np.int16), (len(z), 1))


def plan(rng: np.random.Generator, bars: int = 4, z_size: int = 4) -> PlanRow:
    latents = rng.standard_normal((1, z_size)).astype(np.float32)
    return latents, [Bar(0, 0, 0.0, place % 4) for place in range(bars)], 7, 1.0


@pytest.mark.parametrize("tonic", range(60, 72))
def test_a_melody_from_another_model_is_brought_into_the_key_of_the_bass(
    rng: np.random.Generator, tonic: int
) -> None:
    row = plan(rng)
    (tokens,) = Ensemble(Bassist(), {"melody": Scale(tonic)}).decode_many([row])
    alone = tokens.copy()
    alone[:, 1] = 0
    together = find_key(realise(tokens, row[1]))
    assert fifths_apart(find_key(realise(alone, row[1])), together) <= 1
    assert fifths_apart(together, find_key(realise(Bassist().decode_many([row])[0], row[1]))) <= 1


def test_the_bass_stays_the_leads(rng: np.random.Generator) -> None:
    row = plan(rng)
    (tokens,) = Ensemble(Bassist(), {"melody": Scale(60)}).decode_many([row])
    np.testing.assert_array_equal(tokens[:, 1], Bassist().decode_many([row])[0][:, 1])


def test_a_piece_of_odd_length_is_sung_to_its_end(rng: np.random.Generator) -> None:
    (tokens,) = Ensemble(Bassist(), {"melody": Scale(60)}).decode_many([plan(rng, bars=7)])
    assert len(tokens) == 7 * STEPS_PER_BAR
    assert (tokens[:, 0] >= FIRST_PITCH_TOKEN).all()


def test_two_windows_of_one_latent_are_not_led_to_the_same_place(rng: np.random.Generator) -> None:
    singer = Scale(60)
    Ensemble(Bassist(), {"melody": singer}).decode_many([plan(rng)])
    first, second = singer.latents
    assert not np.allclose(first, second)


@pytest.mark.parametrize(("trio", "partner"), [(8, 8), (8, 5), (5, 8)])
def test_a_partners_latents_are_spread_as_its_prior(trio: int, partner: int) -> None:
    turned = rotation(0, trio, partner)
    lengths = np.linalg.norm(turned, axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-9)  # so N(0, I) keeps its variances
