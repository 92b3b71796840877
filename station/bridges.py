"""The bridge from one piece to the next: a piece of its own, on the way between their latents.

Many ways to sing it are decoded in one batch, and the smoothest is put together from their bars.
If that still leaps or clashes, it is planned again with fresh noise before anybody hears it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from generators.cast import Cast
from generators.distance import Steps, bar_vectors, clash, join_steps
from generators.keys import find_key
from generators.music import Bar, Piece
from generators.realise import realise
from generators.recipe import Clock, composer, identified
from generators.strands import Shore, smoothest
from generators.walk import bar_latent, rounded, strand
from station.generator import Choice, Plan
from station.palettes import seated
from station.performing import Drums, performed
from station.show_settings import ShowSettings

ARROW = " → "  # between the titles of a bridge's ends; of a bridge, only where it led counts
BATCH_BARS = 192  # decoded for one bridge at a time, or fewer
TAKES = (4, 16)  # at least and at most, each with every lean
LEANS = (-0.35, 0.0, 0.35)  # of the strands: see generators.walk.strand
ROUNDS = 3
# A bridge within these airs as it is: see generators.distance.Steps for the first two.
MOST_MEDIAN = 1.1
MOST_WORST = 1.3
MOST_CLASH = 0.3  # held-out music has 0.2 of its time on a dissonance


class Decoder(Drums, Protocol):
    """What the composer needs of the generator."""

    model: Cast | None
    device: str
    arithmetic: str  # see generators.ensemble.Singer
    seconds_a_bar: float | None

    async def decode(self, plans: list[Plan], /) -> list[np.ndarray]: ...

    async def choose(
        self, plans: list[Plan], recent: np.ndarray, wish: Mapping[str, float], /
    ) -> Choice: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """A bridge before it is played."""

    bars: tuple[Bar, ...]
    tokens: np.ndarray  # int16, (16 bars, 3)
    steps: Steps
    clash: float

    @property
    def excess(self) -> float:
        """How far it is over what limit it is furthest over; up to 1 it is within them all."""
        limits = (MOST_MEDIAN, MOST_WORST, MOST_CLASH)
        figures = (self.steps.median, self.steps.worst, self.clash)
        return max(figure / limit for figure, limit in zip(figures, limits, strict=True))


async def bridge_between(
    decoder: Decoder,
    old: Piece,
    new: Piece,
    *,
    bars: int,
    clock: Clock,
    show: ShowSettings,
    leave_bar: int = -1,
) -> Piece:
    """The walk from where `old` is left to where `new` begins.

    It is sung with the noise of `new`, its tempo glides, and the instruments of `old` fade.

    Args:
        decoder: its model has been loaded, and both pieces come from its latent space.
        bars: of the bridge.
        leave_bar: the bar of `old` that is its last to be heard.

    Raises:
        WorkerError: the generator could not decode.
    """
    home = left_at(old, leave_bar, new.latents.shape[1])
    assert home is not None, "there is a bridge from a piece of the same latent space only"
    latents = rounded(np.stack([home, new.latents[new.bars[0].start]]))
    draft = await _best_draft(decoder, old, new, leave_bar, latents, bars)
    tempo_qpm = _tempo_after(old, leave_bar)
    sung, groove_sha256 = await performed(
        decoder, draft.tokens, draft.bars, show.humanize_percent, tempo_qpm
    )
    trio = seated(sung, new.instruments)
    return identified(
        replace(
            new,
            id="",
            title=f"{old.title.split(ARROW)[-1]}{ARROW}{new.title}",
            trio=trio,
            origin="bridge",
            tempo_qpm=tempo_qpm,
            tempo_end_qpm=new.tempo_qpm,
            key=str(find_key(trio)),
            form="",
            bars=draft.bars,
            parents=(old.id, new.id),
            created=clock(),
            latents=latents,
            leaving=old.instruments,
            humanize_percent=show.humanize_percent,
            groove_sha256=groove_sha256,
            composer=composer(decoder.arithmetic),
            verdict=None,
        )
    )


async def _best_draft(
    decoder: Decoder, old: Piece, new: Piece, leave_bar: int, latents: np.ndarray, count: int
) -> Draft:
    """The first of a few drafts that is within the limits; else the one least over them."""
    assert decoder.model is not None
    left, first = old.bars[leave_bar], new.bars[0]
    heard = bar_vectors(old.trio)[: _index(old, leave_bar) + 1]
    coming = bar_vectors(new.trio)
    shores = (
        Shore(heard[-1], left.transpose, left.rests),
        Shore(coming[0], first.transpose, first.rests),
    )
    places = [(first.place - count + number) % decoder.model.bars for number in range(count)]
    takes = int(np.clip(BATCH_BARS // (count * len(LEANS)), *TAKES))
    drafts: list[Draft] = []
    while not drafts or (drafts[-1].excess > 1 and len(drafts) < ROUNDS):
        fresh = range(len(drafts) * takes, (len(drafts) + 1) * takes)
        strands = [strand(places, take, lean) for take in fresh for lean in LEANS]
        plans = [Plan(latents, bars, new.seed, new.temperature) for bars in strands]
        sung = await decoder.decode(plans)
        bars = await asyncio.to_thread(smoothest, strands, sung, *shores)
        # Once more as they will stand: a partner or an imported model hears the bar before.
        [tokens] = await decoder.decode([Plan(latents, bars, new.seed, new.temperature)])
        trio = realise(tokens, bars)
        drafts.append(
            Draft(bars, tokens, join_steps(heard, bar_vectors(trio), coming), clash(trio))
        )
    return min(drafts, key=lambda draft: draft.excess)


def left_at(piece: Piece, leave_bar: int, z_size: int) -> np.ndarray | None:
    """Where the walk is, float32 `(z_size,)`: after its last bar a bridge has arrived.

    None where there is no bridge from: a rule or another model made the piece.
    """
    if not piece.bars or piece.latents.shape[1] != z_size:
        return None
    bar = piece.bars[leave_bar]
    if bar is piece.bars[-1]:
        return np.asarray(piece.latents[bar.end])
    return bar_latent(piece.latents, bar)


def _tempo_after(old: Piece, leave_bar: int) -> float:
    """Quarter notes a minute at the end of a bar."""
    heard = (_index(old, leave_bar) + 1) / len(old.bars)
    return round(old.tempo_qpm + (old.tempo_end_qpm - old.tempo_qpm) * heard, 1)


def _index(old: Piece, leave_bar: int) -> int:
    return range(len(old.bars))[leave_bar]
