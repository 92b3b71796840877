"""The plane on which listeners see latent space: one for all pieces of a model.

Its axes are what two dials steer along, so that whoever watches learns that music from the right is
bright and music from the top drives. A model without directions gets a plane of its own too: one
that its weights' hash draws, always the same, with axes that mean nothing.

Unlike the plane of `station.latent_map`, which keeps the distances inside one piece, this one lets
pieces be compared, and loses most of the distance between them.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np

from generators.cast import Cast
from generators.directions import Directions
from generators.music import Piece
from station.dials import STEERING, directions_of

Point = tuple[float, float]

# How many of the prior's standard deviations one unit of the plane is: so 97 of 100 draws lie
# between -1 and 1 on either axis.
SPREAD = 2.2
REMEMBERED = 256  # walks; a piece is shown to all who listen
PARALLEL = 1e-6  # what is left of one direction without the other, when they are the same


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis means: the dial that steers along it, and how music is at -1 and at 1."""

    name: str
    low: str
    high: str


AXES = (Axis("brightness", "deep", "bright"), Axis("energy", "calm", "driving"))
UNNAMED = (Axis("", "", ""), Axis("", "", ""))


@dataclass(frozen=True, slots=True)
class Walk:
    """Where the bars of a piece lie on the plane, and the latents that it walks between."""

    bars: tuple[Point, ...]
    latents: tuple[Point, ...]

    @property
    def middle(self) -> Point:
        """The mean of its bars: where the piece lies, as one point."""
        x, y = np.mean(self.bars, axis=0).round(3) + 0.0
        return float(x), float(y)


@dataclass(frozen=True, slots=True)
class LatentPlane:
    """Two directions at right angles, the same for every piece of one model."""

    weights_sha256: str  # of the model whose pieces lie on it
    axes: tuple[Axis, Axis]  # x and y
    vectors: np.ndarray = field(repr=False, compare=False)  # float32, (2, z_size), 1 / SPREAD long
    _walks: dict[str, Walk] = field(default_factory=dict, init=False, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    def walk(self, piece: Piece) -> Walk | None:
        """None of a piece that no model made, or another one than this plane's."""
        if piece.weights_sha256 != self.weights_sha256 or not piece.bars:
            return None
        if (known := self._walks.get(piece.id)) is not None:
            return known
        latents = piece.latents @ self.vectors.T  # (n, 2)
        walk = Walk(_points(_on_circles(piece) @ latents), _points(latents))
        with self._lock:  # the event loop asks, and a thread for the map
            if len(self._walks) >= REMEMBERED:
                self._walks.pop(next(iter(self._walks)), None)
            self._walks[piece.id] = walk
        return walk


def plane_between(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The vectors of a plane: `x` as it is, and as much of `y` as says nothing of `x`.

    Args:
        x, y: directions in latent space, `(z_size,)`.

    Returns:
        float32, `(2, z_size)`, at right angles, each 1 / SPREAD long.

    Raises:
        ValueError: one of them is 0, or they are parallel.
    """
    across = _unit(x)
    upwards = _unit(y) - (_unit(y) @ across) * across
    return np.asarray(np.stack([across, _unit(upwards)]) / SPREAD, np.float32)


def plane_of(model: Cast | None) -> LatentPlane | None:
    """The plane of a model; None where there is no model."""
    return _plane(model.lead.path, model.sha256, model.z_size) if model else None


def drawn_plane(weights_sha256: str, z_size: int) -> LatentPlane:
    """The plane of a model whose directions nobody knows."""
    rng = np.random.default_rng(int(weights_sha256[:16], 16))
    return LatentPlane(weights_sha256, UNNAMED, plane_between(*rng.standard_normal((2, z_size))))


@lru_cache(maxsize=8)
def _plane(path: Path, weights_sha256: str, z_size: int) -> LatentPlane:
    directions = directions_of(path)
    if directions is not None and directions.vectors.shape[1] == z_size:
        ways = [_way(directions, axis.name) for axis in AXES]
        with contextlib.suppress(ValueError):  # it knows no way for one of the dials
            return LatentPlane(weights_sha256, AXES, plane_between(*ways))
    return drawn_plane(weights_sha256, z_size)


def _way(directions: Directions, dial: str) -> np.ndarray:
    """Where a dial steers to, `(z_size,)`."""
    units = [STEERING[dial].get(name, 0.0) for name in directions.names]
    return np.asarray(np.array(units) @ directions.vectors)


def _unit(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector)
    if length < PARALLEL:
        raise ValueError("a plane needs two directions that are not parallel")
    return np.asarray(vector / length)


def _on_circles(piece: Piece) -> np.ndarray:
    """Of which latents each bar is made, and how much of each: `(bars, n)`.

    As `generators.walk.slerp` has it for one bar; here for all at once, because the event loop
    waits for it.
    """
    starts = np.array([bar.start for bar in piece.bars])
    ends = np.array([bar.end for bar in piece.bars])
    t = np.array([bar.t for bar in piece.bars])
    norms = np.maximum(np.linalg.norm(piece.latents, axis=1), PARALLEL)
    cosines = np.einsum("bz,bz->b", piece.latents[starts], piece.latents[ends])
    angles = np.arccos(np.clip(cosines / (norms[starts] * norms[ends]), -1.0, 1.0))
    straight = np.sin(angles) < 1e-6  # the circle is undefined, the line is exact
    sines = np.where(straight, 1.0, np.sin(angles))
    shares = np.zeros((len(t), len(piece.latents)))
    bars = np.arange(len(t))
    shares[bars, starts] = np.where(straight, 1 - t, np.sin((1 - t) * angles) / sines)
    shares[bars, ends] += np.where(straight, t, np.sin(t * angles) / sines)
    return shares


def _points(places: np.ndarray) -> tuple[Point, ...]:
    return tuple((float(x), float(y)) for x, y in places.astype(np.float64).round(3) + 0.0)
