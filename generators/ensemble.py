"""A trio whose melody or drums are sung by another model than the rest.

A partner has a latent space of its own, so it is led through that by the trio's latent, turned by
a fixed rotation: what is N(0, I) stays N(0, I), near latents stay near, and the way between two is
a way between two. Nothing but the trio's latents has to be remembered to sing a piece again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from generators.events import tokens_to_trio, transpose
from generators.keys import find_key, how_well_in
from generators.music import PARTS, Bar, Trio
from generators.sampler import Plan
from generators.walk import bar_latent

SHIFTS = sorted(range(-5, 7), key=abs)  # semitones; of equal fits the shortest way is taken


class Singer(Protocol):
    @property
    def arithmetic(self) -> str:
        """On what kind of device it multiplies, and how precisely: the notes hang on it."""

    def decode_many(self, plans: Sequence[Plan], /) -> list[np.ndarray]:
        """The tokens of each plan, int16 `(16 bars, parts)`."""


@dataclass(frozen=True, slots=True)
class Partner:
    """Who sings a part in place of the lead."""

    singer: Singer
    column: int  # of the part among those it sings
    z_size: int
    bars: int  # that one of its latents covers


class Ensemble:
    """The lead sings all parts, then each partner its own over the lead's."""

    def __init__(self, lead: Singer, partners: Mapping[str, Partner]) -> None:
        self._lead = lead
        self._partners = partners

    @property
    def arithmetic(self) -> str:
        singers = (self._lead, *(partner.singer for partner in self._partners.values()))
        return ", ".join(dict.fromkeys(singer.arithmetic for singer in singers))

    def decode_many(self, plans: Sequence[Plan]) -> list[np.ndarray]:
        """The tokens of each plan, int16 `(16 bars, 3)`."""
        pieces = self._lead.decode_many(plans)
        for part, partner in self._partners.items():
            sung = partner.singer.decode_many([_led(plan, partner) for plan in plans])
            for tokens, theirs in zip(pieces, sung, strict=True):
                tokens[:, PARTS.index(part)] = theirs[:, partner.column]
        if "melody" in self._partners:
            for tokens in pieces:
                tokens[:, 0] = _in_the_key_of_the_bass(tokens)
        return pieces


def _led(plan: Plan, partner: Partner) -> Plan:
    """The plan of a trio as its partner hears it."""
    latents, bars, seed, temperature = plan
    rows: dict[tuple[int, int, float, int], int] = {}  # bars alike share a latent
    led: list[np.ndarray] = []
    theirs: list[Bar] = []
    for bar in bars:
        window = bar.place // partner.bars
        where = (bar.start, bar.end, bar.t, window)
        if where not in rows:
            rows[where] = len(led)
            latent = bar_latent(latents, bar)
            led.append(rotation(window, len(latent), partner.z_size) @ latent)
        row, place = rows[where], bar.place % partner.bars
        theirs.append(replace(bar, start=row, end=row, t=0.0, place=place))
    z = np.array(led, np.float32).reshape(-1, partner.z_size)
    return z, theirs, seed, temperature


@lru_cache(maxsize=64)
def rotation(window: int, from_size: int, to_size: int) -> np.ndarray:
    """`(to_size, from_size)`; another for each window, so that they do not sing alike.

    Rows are orthonormal; where the partner's space is the larger, in stacks of `from_size`.
    """
    rng = np.random.default_rng([window, from_size, to_size])
    stacks = -(-to_size // from_size)
    turns = [np.linalg.qr(rng.standard_normal((from_size, from_size)))[0] for _ in range(stacks)]
    return np.concatenate(turns)[:to_size]


def _in_the_key_of_the_bass(tokens: np.ndarray) -> np.ndarray:
    """The melody moved, as a whole, to where its notes fit the key of the bass best.

    Both as they are sung: how the bars are transposed later, or who rests in them, is no matter,
    for that is known only when they were sung once.
    """
    trio = tokens_to_trio(tokens)
    key = find_key(Trio((), trio.bass, (), trio.steps))
    # The melody moved fits the key as well as the melody itself fits the key moved back.
    shift = max(SHIFTS, key=lambda by: how_well_in(key.transposed(-by), trio.melody))
    return transpose(tokens[:, 0], shift)
