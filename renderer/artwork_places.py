"""Where a latent lies in a picture: some hundred numbers as a few that can be seen.

Each is the sum of all numbers of the latent with signs that are drawn once and for ever, so it
keeps distances on the average (Johnson and Lindenstrauss, 1984), for every model, and with nothing
to be kept. Whole numbers are summed, so that every machine comes to the same place.
"""

from __future__ import annotations

import functools
import hashlib
import math

import numpy as np

from generators.music import Bar

AXES = 5  # across, up, and three of colour: hue, hour, warmth
GRID = 32  # steps a unit, as generators.walk rounds latents
MOST = 8  # no draw of N(0, 1) lies further out

Place = tuple[float, ...]  # -1..1 on each axis
NOWHERE: Place = (0.0,) * AXES


def place_of(latent: np.ndarray) -> Place:
    """Args: latent: float32, `(z_size,)`."""
    steps = np.rint(np.clip(latent, -MOST, MOST) * GRID).astype(np.int64)
    sums = (_signs(len(steps)) @ steps).tolist()
    return tuple(_squashed(each / GRID / math.sqrt(len(steps))) for each in sums)


def place_of_bar(places: list[Place], bar: Bar) -> Place:
    """On the great circle between two: latents of many numbers stand nearly at right angles."""
    if not places:
        return NOWHERE
    # A piece's bars name latents that it has; one from elsewhere is drawn all the same.
    start, end = (places[min(index, len(places) - 1)] for index in (bar.start, bar.end))
    angle = min(1.0, max(0.0, bar.t)) * math.pi / 2
    return tuple(
        min(1.0, max(-1.0, math.cos(angle) * a + math.sin(angle) * b))
        for a, b in zip(start, end, strict=True)
    )


def middle_of(one: Place, other: Place) -> Place:
    return tuple((a + b) / 2 for a, b in zip(one, other, strict=True))


def _squashed(spread: float) -> float:
    return spread / math.sqrt(1 + spread * spread)


@functools.lru_cache(maxsize=8)
def _signs(size: int) -> np.ndarray:
    """-1 and 1, shape `(AXES, size)`."""
    rows = [hashlib.shake_128(b"latentfm %d" % axis).digest(size // 8 + 1) for axis in range(AXES)]
    bits = np.unpackbits(np.frombuffer(b"".join(rows), np.uint8)).reshape(AXES, -1)
    return bits[:, :size].astype(np.int64) * 2 - 1
