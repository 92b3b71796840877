"""Music of one key and no other: a bar with its scale, its triad and its roots."""

from __future__ import annotations

import numpy as np

from generators.events import trio_to_tokens
from generators.keys import Key
from generators.music import Note, Trio

SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}


def scale_trio(key: Key) -> Trio:
    """A scale up and a rest on its triad, over the same triad in the bass."""
    scale = SCALES[key.mode]
    up = [Note(step, step + 1, 60 + key.tonic + degree) for step, degree in enumerate(scale)]
    triad = [
        Note(8 + 2 * n, 10 + 2 * n, 60 + key.tonic + scale[d]) for n, d in enumerate((0, 2, 4))
    ]
    roots = enumerate((0, scale[2], 7, 0))
    bass = [Note(4 * n, 4 * n + 4, 36 + key.tonic + above) for n, above in roots]
    return Trio((*up, *triad), tuple(bass), (), 16)


def scale_tokens(key: Key) -> np.ndarray:
    """The same as tokens, int16 `(16, 3)`."""
    return trio_to_tokens(scale_trio(key))
