"""A trio whose melody or drums are sung by another model than the rest.

A partner has a latent space of its own, so it is led through that by the trio's latent, turned by
a fixed rotation: what is N(0, I) stays N(0, I), near latents stay near, the ends of a walk and the
way between them stay a walk. Nothing but the trio's latents has to be remembered to sing a piece
again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np

from generators.events import transpose
from generators.keys import Key, find_key, how_well_in
from generators.music import PARTS, STEPS_PER_BAR, Bar, Trio
from generators.realise import realise
from generators.sampler import bar_latent, noise

PlanRow = tuple[np.ndarray, Sequence[Bar], int, float]  # latents, bars, seed, temperature
SHIFTS = tuple(sorted(range(-5, 7), key=abs))  # semitones a melody may be moved to fit


class Lead(Protocol):
    def decode_many(self, plans: Sequence[PlanRow], /) -> list[np.ndarray]: ...


class Partner(Protocol):
    """A model that sings one part, a window of a few bars at a time."""

    z_size: int
    bars: int

    def sing(self, z: np.ndarray, uniforms: np.ndarray, temperatures: np.ndarray, /) -> np.ndarray:
        """Latents `(n, z_size)`, uniforms `(n, steps)` and temperatures `(n,)` to tokens."""


class Ensemble:
    """The lead sings all parts, then each partner its own over the lead's."""

    def __init__(self, lead: Lead, partners: Mapping[str, Partner]) -> None:
        self._lead = lead
        self._partners = partners

    def decode_many(self, plans: Sequence[PlanRow]) -> list[np.ndarray]:
        """The tokens of each plan, int16 `(16 bars, 3)`."""
        pieces = self._lead.decode_many(plans)
        for part, partner in self._partners.items():
            column = PARTS.index(part)
            for tokens, sung in zip(pieces, _sing(partner, column, plans), strict=True):
                tokens[:, column] = sung
        if "melody" in self._partners:
            for tokens, (_, bars, _, _) in zip(pieces, plans, strict=True):
                tokens[:, 0] = _in_the_key_of_the_bass(tokens, bars)
        return pieces


def _sing(partner: Partner, column: int, plans: Sequence[PlanRow]) -> list[np.ndarray]:
    """One part of every plan, all windows of all plans at once."""
    windows = [
        (latents, window, seed, temperature)
        for latents, bars, seed, temperature in plans
        for window in _windows(bars, partner.bars)
    ]
    if not windows:
        return [np.zeros(0, np.int16) for _ in plans]
    z = np.stack([_led(latents, window[0], partner) for latents, window, _, _ in windows])
    uniforms = np.zeros((len(windows), partner.bars * STEPS_PER_BAR), np.float32)
    for row, (_, window, seed, _) in enumerate(windows):
        drawn = np.concatenate([noise(seed, bar)[:, column] for bar in window])
        uniforms[row, : len(drawn)] = drawn
    temperatures = np.array([temperature for *_, temperature in windows], np.float32)
    sung = iter(partner.sing(z, uniforms, temperatures))
    return [
        np.concatenate(
            [next(sung)[: len(w) * STEPS_PER_BAR] for w in _windows(bars, partner.bars)]
            or [np.zeros(0, np.int16)]
        )
        for _, bars, _, _ in plans
    ]


def _windows(bars: Sequence[Bar], most: int) -> Iterator[Sequence[Bar]]:
    """Bars in stretches that one latent of a partner covers."""
    start = 0
    for number in range(1, len(bars) + 1):
        if number == len(bars) or number - start == most or bars[number].place % most == 0:
            yield bars[start:number]
            start = number


def _led(latents: np.ndarray, bar: Bar, partner: Partner) -> np.ndarray:
    """Where the partner is when the trio comes to `bar`, float32 `(z_size,)`."""
    latent = bar_latent(latents, bar)
    turned = rotation(bar.place // partner.bars, len(latent), partner.z_size) @ latent
    return np.asarray(turned, np.float32)


@lru_cache(maxsize=64)
def rotation(window: int, from_size: int, to_size: int) -> np.ndarray:
    """`(to_size, from_size)`; another for each window, so that they do not sing alike.

    Rows are orthonormal; where the partner's space is the larger, in stacks of `from_size`.
    """
    rng = np.random.default_rng([window, from_size, to_size])
    stacks = -(-to_size // from_size)
    turns = [np.linalg.qr(rng.standard_normal((from_size, from_size)))[0] for _ in range(stacks)]
    return np.concatenate(turns)[:to_size]


def _in_the_key_of_the_bass(tokens: np.ndarray, bars: Sequence[Bar]) -> np.ndarray:
    """The melody moved, as a whole, to where its notes fit the key of the bass best."""
    key = _key_of(tokens, bars, of="bass")
    melodies = [transpose(tokens[:, 0], shift) for shift in SHIFTS]
    fits = [_fit(tokens, bars, melody, key) for melody in melodies]
    return melodies[int(np.argmax(fits))]  # of equal fits the shortest way


def _key_of(tokens: np.ndarray, bars: Sequence[Bar], *, of: str) -> Key:
    trio = realise(tokens, bars)
    return find_key(Trio((), getattr(trio, of), (), trio.steps))


def _fit(tokens: np.ndarray, bars: Sequence[Bar], melody: np.ndarray, key: Key) -> float:
    moved = tokens.copy()
    moved[:, 0] = melody
    return how_well_in(key, realise(moved, bars).melody)
