"""Drum fills: a bar that keeps its groove for two beats and then runs into the next.

A fill is drawn from what the bar plays, so the same bar has the same fill wherever it returns.
"""

from __future__ import annotations

import zlib

import numpy as np

from generators.events import DRUM_KINDS
from generators.music import STEPS_PER_BAR

BIT = {name: 1 << bit for bit, (name, _) in enumerate(DRUM_KINDS)}
KICK, SNARE, CRASH = BIT["kick"], BIT["snare"], BIT["crash"]
HIGH, MID, LOW = BIT["high tom"], BIT["mid tom"], BIT["low tom"]
TIMEKEEPING = BIT["closed hi-hat"] | BIT["open hi-hat"] | BIT["ride"] | CRASH
RUN_STARTS = STEPS_PER_BAR // 2

# Steps that a run strikes, ever denser, for grooves of few, some and many strokes a bar.
RUNS: tuple[tuple[int, tuple[tuple[int, ...], ...]], ...] = (
    (5, ((12, 14), (12, 14, 15), (10, 12, 14, 15))),
    (10, ((8, 10, 12, 14, 15), (8, 11, 12, 14, 15), (10, 12, 13, 14, 15))),
    (16, ((8, 10, 12, 13, 14, 15), (8, 10, 11, 12, 13, 14, 15), (8, 11, 12, 13, 14, 15))),
)
# What is struck from the first stroke of a run to its last, in equal shares.
WAYS = (
    (SNARE, HIGH, MID, LOW),
    (SNARE, HIGH, LOW),
    (SNARE, SNARE, MID, LOW),
    (HIGH, MID, LOW),
    (SNARE,),
)


def fill(groove: np.ndarray) -> np.ndarray:
    """One bar of drums, bit masks, int16 `(16,)`, that leads over; only the kick stays under it."""
    rng = np.random.default_rng(zlib.crc32(groove.astype("<i2").tobytes()))
    strokes = np.count_nonzero(groove)
    runs = next(runs for most, runs in RUNS if strokes <= most)
    run = runs[rng.integers(len(runs))]
    way = WAYS[rng.integers(len(WAYS))]
    bar = groove.copy()
    bar[RUN_STARTS:] &= KICK
    for number, step in enumerate(run):
        bar[step] |= way[number * len(way) // len(run)]
    return bar


def crash(groove: np.ndarray) -> np.ndarray:
    """The bar after a fill: a crash and a kick on its first beat; that hand keeps no time there."""
    bar = groove.copy()
    bar[0] = bar[0] & ~TIMEKEEPING | CRASH | KICK
    return bar
