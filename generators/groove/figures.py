"""How far velocities and timing are from what drummers played, and by what else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from generators.events import DRUM_BITS
from generators.groove.performances import Performance
from generators.groove.touch import Touch
from generators.music import STEPS_PER_BAR, TICKS_PER_STEP

Drumming = Callable[[np.ndarray], Touch]  # drum tokens int16 (S,) to how their hits are struck


@dataclass(frozen=True, slots=True)
class Errors:
    """Mean absolute errors over all hits."""

    velocity: float  # of 127
    offset_ms: float
    score: float  # both in the units of the loss: a share of the full scale each

    def __str__(self) -> str:
        return f"velocity off by {self.velocity:.1f}, time by {self.offset_ms:.1f} ms"


def tokens_of(performance: Performance) -> np.ndarray:
    """Its hits as drum tokens, int16 `(S,)`."""
    bits = performance.grid[:, 0].astype(np.int16) << np.arange(DRUM_BITS, dtype=np.int16)
    return np.asarray(bits.sum(axis=1), np.int16)


def errors(performances: Sequence[Performance], drumming: Drumming) -> Errors:
    """Of a way to drum, on some performances."""
    velocity, ticks, ms = [], [], []
    for each in performances:
        hits, true_velocities, early = each.grid.transpose(1, 0, 2)
        struck = hits > 0
        touch = drumming(tokens_of(each))
        velocity.append(np.abs(touch.velocities - 127 * true_velocities)[struck])
        off = np.abs(touch.offsets_ticks + early * TICKS_PER_STEP / 2)[struck]
        ticks.append(off)
        ms.append(off / TICKS_PER_STEP * 15_000 / each.tempo_qpm)
    by_velocity, by_ticks, by_ms = (float(np.concatenate(e).mean()) for e in (velocity, ticks, ms))
    return Errors(by_velocity, by_ms, by_velocity / 127 + by_ticks / (TICKS_PER_STEP / 2))


def constant(train: Sequence[Performance]) -> Drumming:
    """Every hit the same: the median velocity and offset of some performances."""
    velocity, offset = np.median(_strokes(train)[:, 2:], axis=0)

    def drum(drums: np.ndarray) -> Touch:
        shape = (len(drums), DRUM_BITS)
        return Touch(np.full(shape, velocity, np.int16), np.full(shape, offset, np.int16))

    return drum


def by_place(train: Sequence[Performance]) -> Drumming:
    """Each hit by its drum and its place in the bar: the median of such hits."""
    strokes = _strokes(train)
    velocities, offsets = (np.zeros((STEPS_PER_BAR, DRUM_BITS), np.int16) for _ in range(2))
    for place in range(STEPS_PER_BAR):
        for drum in range(DRUM_BITS):
            here = strokes[(strokes[:, 0] == place) & (strokes[:, 1] == drum)]
            middle = np.median(here if len(here) else strokes, axis=0)
            velocities[place, drum], offsets[place, drum] = np.rint(middle[2:])

    def drum_by_place(drums: np.ndarray) -> Touch:
        times = (len(drums) // STEPS_PER_BAR, 1)
        return Touch(np.tile(velocities, times), np.tile(offsets, times))

    return drum_by_place


def _strokes(performances: Sequence[Performance]) -> np.ndarray:
    """Every hit: place in the bar, drum, velocity, offset in ticks; `(n, 4)`."""
    found = []
    for each in performances:
        hits, velocities, early = each.grid.transpose(1, 0, 2)
        steps, drums = np.nonzero(hits)
        velocity, late = 127 * velocities[steps, drums], -early[steps, drums] * TICKS_PER_STEP / 2
        found.append(np.stack([steps % STEPS_PER_BAR, drums, velocity, late], axis=1))
    return np.concatenate(found)
