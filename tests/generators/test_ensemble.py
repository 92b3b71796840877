"""Other models sing parts of a trio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from generators.ensemble import Ensemble, Partner, rotation
from generators.events import FIRST_PITCH_TOKEN, PITCH_OF_TOKEN
from generators.keys import fifths_apart, find_key
from generators.music import STEPS_PER_BAR, Bar
from generators.realise import realise
from generators.sampler import Plan

BASS_IN_C = (36, 43, 40, 43, 41, 48, 43, 47)  # one bar in eighths


class Bassist:
    """Leads with a bass in C, no melody and no drums."""

    arithmetic = "cpu float32"

    def decode_many(self, plans: Sequence[Plan]) -> list[np.ndarray]:
        pieces = []
        for _, bars, _, _ in plans:
            tokens = np.zeros((len(bars) * STEPS_PER_BAR, 3), np.int16)
            tokens[::2, 1] = np.resize(BASS_IN_C, len(bars) * 8) - PITCH_OF_TOKEN
            pieces.append(tokens)
        return pieces


class Scale:
    """Sings the same major scale whatever it is told, and remembers what it was told."""

    arithmetic = "cpu int8"

    def __init__(self, tonic: int) -> None:
        self.tonic = tonic
        self.plans: Sequence[Plan] = ()

    def decode_many(self, plans: Sequence[Plan]) -> list[np.ndarray]:
        self.plans = plans
        scale = np.array([0, 2, 4, 5, 7, 9, 11, 12]) + self.tonic - PITCH_OF_TOKEN
        return [np.resize(scale, (len(bars) * STEPS_PER_BAR, 1)) for _, bars, _, _ in plans]


def partner(singer: Scale, z_size: int = 6) -> Partner:
    return Partner(singer, column=0, z_size=z_size, bars=2)


def plan(rng: np.random.Generator, bars: int = 4) -> Plan:
    latents = rng.standard_normal((1, 4)).astype(np.float32)
    return latents, [Bar(0, 0, 0.0, place % 4) for place in range(bars)], 7, 1.0


@pytest.mark.parametrize("tonic", range(60, 72))
def test_a_melody_from_another_model_is_brought_into_the_key_of_the_bass(
    rng: np.random.Generator, tonic: int
) -> None:
    row = plan(rng)
    (tokens,) = Ensemble(Bassist(), {"melody": partner(Scale(tonic))}).decode_many([row])
    bass = find_key(realise(Bassist().decode_many([row])[0], row[1]))
    alone = tokens.copy()
    alone[:, 1] = 0
    assert fifths_apart(find_key(realise(alone, row[1])), bass) <= 1


def test_what_is_sung_does_not_hang_on_how_it_is_played(rng: np.random.Generator) -> None:
    """A recipe has the bars as they were played: they must give the notes that were sung."""
    latents, bars, seed, temperature = plan(rng)
    played = [replace(bar, transpose=5 - 7 * (bar.place % 2), rests="b") for bar in bars]
    one, other = [
        Ensemble(Bassist(), {"melody": partner(Scale(63))}).decode_many([row])[0]
        for row in ((latents, bars, seed, temperature), (latents, played, seed, temperature))
    ]
    np.testing.assert_array_equal(one, other)


def test_an_ensemble_names_all_of_its_arithmetic() -> None:
    assert Ensemble(Bassist(), {"melody": partner(Scale(60))}).arithmetic == "cpu float32, cpu int8"


def test_the_bass_stays_the_leads(rng: np.random.Generator) -> None:
    row = plan(rng)
    (tokens,) = Ensemble(Bassist(), {"melody": partner(Scale(60))}).decode_many([row])
    np.testing.assert_array_equal(tokens[:, 1], Bassist().decode_many([row])[0][:, 1])


def test_a_piece_of_odd_length_is_sung_to_its_end(rng: np.random.Generator) -> None:
    (tokens,) = Ensemble(Bassist(), {"melody": partner(Scale(60))}).decode_many([plan(rng, 7)])
    assert len(tokens) == 7 * STEPS_PER_BAR
    assert (tokens[:, 0] >= FIRST_PITCH_TOKEN).all()


def test_two_windows_of_one_latent_are_led_to_different_places(rng: np.random.Generator) -> None:
    singer = Scale(60)
    Ensemble(Bassist(), {"drums": partner(singer)}).decode_many([plan(rng)])
    ((latents, bars, _, _),) = singer.plans
    assert [(bar.start, bar.place) for bar in bars] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert not np.allclose(*latents)


def test_a_section_that_returns_is_led_to_where_it_was(rng: np.random.Generator) -> None:
    singer = Scale(60)
    latents = rng.standard_normal((2, 4)).astype(np.float32)
    bars = [Bar(at, at, 0.0, place) for at in (0, 1, 0) for place in range(4)]
    Ensemble(Bassist(), {"drums": partner(singer)}).decode_many([(latents, bars, 7, 1.0)])
    ((_, theirs, _, _),) = singer.plans
    assert theirs[:4] == theirs[8:]
    assert theirs[:4] != theirs[4:8]


@pytest.mark.parametrize(("trio", "other"), [(8, 8), (8, 5), (5, 8)])
def test_a_partners_latents_are_spread_as_its_prior(trio: int, other: int) -> None:
    lengths = np.linalg.norm(rotation(0, trio, other), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-9)  # so N(0, I) keeps its variances
