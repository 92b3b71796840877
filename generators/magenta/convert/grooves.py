"""A stretch into grooves: which drum is hit on a step, how hard, and how far off the grid.

Source: Magenta's GrooveConverter.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from generators.events import DRUM_BIT, DRUM_BITS, bars
from generators.magenta.convert.stretches import Stretch
from generators.music import STEPS_PER_BAR

GROOVE_DEPTH = 3 * DRUM_BITS  # hits, velocities, offsets


def groove_windows(stretch: Stretch, window_bars: int) -> Iterator[np.ndarray]:
    """Windows float32 `(16 window_bars, 27)`, one after the other, from the first bar.

    Of several notes for one drum on one step the loudest counts. Velocities are in 0..1, offsets
    in -1..1: +1 is half a step early.
    """
    grid = _grid(stretch)
    steps = window_bars * STEPS_PER_BAR
    for start in range(0, len(grid) - steps + 1, steps):
        yield grid[start : start + steps]


def _grid(stretch: Stretch) -> np.ndarray:
    hits = [
        (note, early)
        for instrument in stretch.instruments
        if instrument.is_drum
        for note, early in zip(instrument.notes, instrument.early, strict=True)
        if note.pitch in DRUM_BIT
    ]
    last = max((note.start for note, _ in hits), default=-1)
    grid = np.zeros((bars(last + 1) * STEPS_PER_BAR, 3, DRUM_BITS), np.float32)
    for note, early in sorted(hits, key=lambda hit: -hit[0].velocity):  # the loudest first
        struck = grid[note.start, :, DRUM_BIT[note.pitch]]
        if not struck.any():
            struck[:] = 1.0, note.velocity / 127, 2 * early
    return grid.reshape(len(grid), GROOVE_DEPTH)
