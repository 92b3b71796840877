"""Ways through latent space. Pure functions on float32 latents of shape (z_size,)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from generators.music import Bar, Piece

GRID = 1 / 32  # of latents that are kept; a power of two, so every point of it is exact


def slerp(start: np.ndarray, end: np.ndarray, t: float) -> np.ndarray:
    """Walk the great circle from `start` to `end`.

    A straight line between two draws from the prior passes through short vectors the
    decoder has hardly seen; the circle keeps their length.

    Args:
        start, end: latents, float32, shape (z_size,).
        t: how far to walk, 0.0 (all `start`) to 1.0 (all `end`).

    Returns:
        A latent, float32, shape (z_size,).

    Raises:
        ValueError: the shapes differ, or a latent is all zeros.

    Source: Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985.
    """
    if start.shape != end.shape:
        raise ValueError(f"latents differ in shape: {start.shape} and {end.shape}")
    norms = np.linalg.norm(start) * np.linalg.norm(end)
    if norms == 0:
        raise ValueError("cannot interpolate from or to a zero latent")
    angle = np.arccos(np.clip(start @ end / norms, -1.0, 1.0))
    if np.sin(angle) < 1e-6:  # parallel: the circle is undefined, the line is exact
        return np.asarray((1 - t) * start + t * end, np.float32)
    mixed = np.sin((1 - t) * angle) * start + np.sin(t * angle) * end
    return np.asarray(mixed / np.sin(angle), np.float32)


def bar_latent(latents: np.ndarray, bar: Bar) -> np.ndarray:
    """Where a bar of a piece lies, of latents `(n, z_size)`: float32 `(z_size,)`."""
    if bar.start == bar.end:
        return np.asarray(latents[bar.start])
    return slerp(latents[bar.start], latents[bar.end], bar.t)


def prior(rng: np.random.Generator, z_size: int) -> np.ndarray:
    """A draw from N(0, I), float32 `(z_size,)`."""
    return rng.standard_normal(z_size, dtype=np.float32)


def rounded(latents: np.ndarray) -> np.ndarray:
    """Latents on a grid, so that an archive can hold each number in a byte: see storage.rows.

    They move by a hundredth, where draws of the prior lie whole units apart. To be done before
    they are decoded: what is kept is what was sung.
    """
    # What is added makes -0 a 0: they are equal, but no other bytes than these are to come back.
    return np.asarray(np.rint(latents / GRID) * GRID + 0.0, np.float32)


def near(latent: np.ndarray, rng: np.random.Generator, distance: float) -> np.ndarray:
    """A latent `distance` of the way to a fresh draw from the prior: a variation of it."""
    return slerp(latent, prior(rng, len(latent)), distance)


def strand(places: Sequence[int], take: int, lean: float) -> tuple[Bar, ...]:
    """One way to sing a bridge from latent 0 to latent 1, a bar for each of the places.

    Both ends sound in the neighbouring pieces already, so t runs strictly between them.

    Args:
        places: of the model's own bars, in the order they are sung.
        take: the stream of noise to sing with.
        lean: how far each bar stands off the even spacing, in spacings: -0.5 to 0.5, so that a
            later bar of one strand is always further on than an earlier bar of another.
    """
    count = len(places)
    return tuple(
        Bar(start=0, end=1, t=(number + 1 + lean) / (count + 1), place=place, take=take)
        for number, place in enumerate(places)
    )


def cheapest_path(costs: Sequence[np.ndarray]) -> list[int]:
    """The way through layers of choices that costs least in all.

    Args:
        costs: from each choice of a layer (rows) to each of the next (columns); infinite where
            there is no way.

    Returns:
        The choice taken in each layer, one more than there are costs.

    Source: Viterbi, "Error Bounds for Convolutional Codes", IEEE Transactions on Information
    Theory 13 (1967).
    """
    spent = np.zeros(len(costs[0]))
    came_from = []
    for cost in costs:
        ways = spent[:, None] + cost
        came_from.append(ways.argmin(axis=0))
        spent = ways.min(axis=0)
    path = [int(spent.argmin())]
    for origins in reversed(came_from):
        path.append(int(origins[path[-1]]))
    return path[::-1]


def centre(piece: Piece) -> np.ndarray | None:
    """The mean of where a piece's bars lie, each as long as the others: float32 `(z_size,)`.

    None where no model made it.
    """
    if not piece.bars or not len(piece.latents):
        return None
    bars = Counter((bar.start, bar.end, bar.t) for bar in piece.bars)
    places = [bar_latent(piece.latents, Bar(*at, place=0)) for at in bars]
    return np.average(places, axis=0, weights=list(bars.values())).astype(np.float32)
