"""Where the bars of a piece lie in latent space, as a map of two dimensions that can be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generators.music import Piece
from generators.walk import bar_latent

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class LatentMap:
    """The plane that keeps most of the distances. Its unit is that of latent space itself."""

    latents: tuple[Point, ...]
    bars: tuple[Point, ...]


def latent_map(piece: Piece) -> LatentMap | None:
    """None of a piece that no model made.

    Of three latents nothing is lost but how far the great circles between them bend.
    """
    if not piece.bars or not piece.latents.size:
        return None
    bars = [bar_latent(piece.latents, bar) for bar in piece.bars]
    points = np.concatenate([piece.latents, np.stack(bars)]).astype(np.float64)
    points -= points.mean(axis=0)
    _, _, axes = np.linalg.svd(points, full_matrices=False)
    flat = np.zeros((len(points), 2))
    plane = points @ axes[:2].T
    flat[:, : plane.shape[1]] = plane
    flat *= np.where(flat[0] > 0, -1, 1)  # an axis may point either way: the first latent is left
    rounded = [(float(x), float(y)) for x, y in flat.round(3) + 0.0]
    return LatentMap(tuple(rounded[: len(piece.latents)]), tuple(rounded[len(piece.latents) :]))
