"""The paper's test of interpolation: is the way from one melody to another smooth, and music?

Between pairs of held-out windows A and B we walk the great circle of their latents and decode at
each place; the rival takes each step of the melody from A or B by the toss of a coin. Along both
ways: how far from A (Hamming distance over length), and how unlikely a melody it is by itself
(cost under a 5-gram model), relative to the straight mix of what A and B cost. The coin is smooth
by its nature, but what it makes half-way is unlikely. Source: Roberts et al. (ICML 2018), as
recalled; the paper took 1024 pairs of melodies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from generators.evaluation.language import MelodyModel
from generators.evaluation.subjects import Subject
from generators.evaluation.tunes import WindowSet
from generators.walk import slerp

PLACES = 11  # along the way, both ends among them
TEMPERATURE = 0.5  # Magenta's default for sampling


@dataclass(frozen=True, slots=True)
class Way:
    """Means over all pairs at each place."""

    distance: tuple[float, ...]  # to A, share of steps that differ, 0..1
    cost: tuple[float, ...]  # nats a step
    relative_cost: tuple[float, ...]  # to the straight mix of the ends; 0 is as likely


@dataclass(frozen=True, slots=True)
class Interpolation:
    places: tuple[float, ...]  # 0 is A, 1 is B
    latent: Way
    coin: Way
    ends_cost: float  # nats a step of the true melodies
    pairs: int


def interpolate(
    subject: Subject,
    windows: WindowSet,
    language: MelodyModel,
    count: int,
    rng: np.random.Generator,
) -> Interpolation:
    """`count` pairs of windows, of different tunes where there are two."""
    first, second = pairs(windows.tunes, count, rng)
    places = np.linspace(0, 1, PLACES)
    melodies = windows.tokens[..., 0].reshape(len(windows.tokens), -1)  # (n, T)
    seeds = rng.integers(2**62, size=count)  # one a pair: what moves along the way is the latent
    decoded = []
    chosen = zip(first, second, seeds, strict=True)
    for a, b, seed in tqdm(chosen, desc="interpolation", total=count, unit="pair"):
        mu, _ = subject.encode(windows.tokens[[a, b]])
        way = np.stack([slerp(mu[0], mu[1], t) for t in places])
        tokens = subject.sample(way, np.full(PLACES, seed), TEMPERATURE)
        decoded.append(tokens[..., 0].reshape(PLACES, -1))
    a, b = melodies[first], melodies[second]  # (P, T)
    mix = np.outer(language.cost(a), 1 - places) + np.outer(language.cost(b), places)
    coins = coin_flips(a, b, places, rng)
    return Interpolation(
        places=tuple(places.tolist()),
        latent=_way(np.stack(decoded), a, mix, language),
        coin=_way(coins, a, mix, language),
        ends_cost=float(mix[:, [0, -1]].mean()),
        pairs=count,
    )


def pairs(tunes: np.ndarray, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """`count` rows, and for each a row of another tune (or, of a single tune, any row)."""
    first = rng.integers(len(tunes), size=count)
    second = np.empty_like(first)
    for pair, row in enumerate(first):
        others = np.flatnonzero(tunes != tunes[row])
        second[pair] = rng.choice(others) if len(others) else rng.integers(len(tunes))
    return first, second


def coin_flips(
    a: np.ndarray, b: np.ndarray, places: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Each step from B with chance t, else from A: `(P, T)` twice to `(P, places, T)`."""
    tossed = rng.random(a.shape)[:, None]  # one toss a step: it changes sides once on the way
    return np.where(tossed < places[:, None], b[:, None], a[:, None])


def _way(tokens: np.ndarray, a: np.ndarray, mix: np.ndarray, language: MelodyModel) -> Way:
    """Tokens `(P, places, T)`."""
    distance = (tokens != a[:, None]).mean(axis=(0, 2))
    cost = language.cost(tokens.reshape(-1, tokens.shape[-1])).reshape(mix.shape).mean(axis=0)
    relative = cost / mix.mean(axis=0) - 1
    return Way(tuple(distance.tolist()), tuple(cost.tolist()), tuple(relative.tolist()))
