"""How the hits of a drum part are struck. Needs no torch: the model that says it is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generators.events import DRUM_BITS

SHIPPED_GROOVE = Path(__file__).parents[1] / "models" / "groovae-2bar-small"


@dataclass(frozen=True, slots=True)
class Touch:
    """A value for each step and drum (see `DRUM_KINDS`); those without a hit mean nothing."""

    velocities: np.ndarray  # int16, (S, 9), 1..127
    offsets_ticks: np.ndarray  # int16, (S, 9): struck so much after the step, -60..60
    sha256: str = ""  # of the weights that say so

    def __post_init__(self) -> None:
        for array in (self.velocities, self.offsets_ticks):
            if array.ndim != 2 or array.shape != (len(self.velocities), DRUM_BITS):
                raise ValueError(f"a touch has the shape (steps, {DRUM_BITS}), not {array.shape}")


def hits_of(drums: np.ndarray) -> np.ndarray:
    """Drum tokens `(S,)` to hits, bool `(S, 9)`."""
    return (drums[:, None] >> np.arange(DRUM_BITS) & 1).astype(bool)
