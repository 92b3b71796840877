"""How loud each part of a piece is, moment by moment, as MIDI's controllers have it. Pure.

Volume (7) is the balance of the parts. Expression (11) is everything that moves: the make-up
gain of each bar, a bridge's ramps, a skip's fade, multiplied. Both are looked at every
`GRID_FRAMES` and sent where they changed. FluidSynth takes a value v as the gain (v / 127) ** 2
and spreads each change over a block: near the top a step is 0.2 dB in 1.3 ms, which nobody hears.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from generators.music import PARTS, STEPS_PER_QUARTER, Piece
from renderer.balance import EXPRESSION_0_DB, Balance
from renderer.mix import EXPRESSION, VOLUME, programs
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.score import frames_of
from renderer.trims import TRIM_STEPS

GRID_FRAMES = 256
HIGHEST = 127  # of a controller

Way = Literal["stay", "enter", "leave"]  # what a set of instruments does over a piece
Knob = tuple[str, int]  # a part and a controller


@dataclass(frozen=True, slots=True)
class Turn:
    """A controller is turned."""

    frame: int  # from the start of the piece
    part: str
    controller: int
    value: int  # 0..127


@dataclass(frozen=True, slots=True)
class Levels:
    """A curve for each knob: float64 (points,), 0..127, a point every GRID_FRAMES.

    A point has the value of the end of its stretch, so that a ramp to 0 arrives there.
    """

    values: Mapping[Knob, np.ndarray]

    def at(self, frame: int) -> dict[Knob, int]:
        """What stands at a frame; past the end, what stood last."""
        return {
            knob: round(curve[min(frame // GRID_FRAMES, len(curve) - 1)])
            for knob, curve in self.values.items()
        }

    def turns(self) -> list[Turn]:
        """Every change, and where each knob stands at first."""
        found = []
        for (part, controller), curve in self.values.items():
            whole = np.rint(curve).astype(int)
            for point in np.flatnonzero(np.diff(whole, prepend=-1)):
                found.append(Turn(int(point) * GRID_FRAMES, part, controller, int(whole[point])))
        return found

    def fading(self, way: Way, begin: int, frames: int) -> Levels:
        """In or out at equal power, from the frame `begin` on: what left stays away."""
        points = -(-(begin + frames) // GRID_FRAMES)
        values = {}
        for knob, curve in self.values.items():
            longer = np.pad(curve, (0, max(0, points - len(curve))), "edge")
            if knob[1] == EXPRESSION:
                longer = longer * np.sqrt(equal_power(way, _share(len(longer), begin, frames)))
            values[knob] = longer
        return Levels(values)


def levels(piece: Piece, balance: Balance, way: Way = "stay") -> Levels:
    """Of one set of instruments over a piece: a bridge has one that enters and one that leaves.

    Their powers add up to one. Where both have the same sound for a part, they play the same
    samples at the same moment: there their gains do, or the middle would stick out by 3 dB.
    """
    length = frames_of(piece)
    moments = np.minimum(np.arange(1, -(-length // GRID_FRAMES) + 1) * GRID_FRAMES, length)
    trim = 10 ** (_trims_db(piece, balance, moments) / 20)
    volumes = balance.leaving if way == "leave" else balance.volumes
    values: dict[Knob, np.ndarray] = {}
    for part in PARTS:
        law = equal_gain if _sounds_alike(piece, part) else equal_power
        gain = trim * law(way, moments / length)
        values[part, VOLUME] = np.full(len(moments), float(volumes[part]))
        values[part, EXPRESSION] = np.minimum(EXPRESSION_0_DB * np.sqrt(gain), HIGHEST)
    return Levels(values)


def equal_power(way: Way, share: np.ndarray) -> np.ndarray:
    """The gain, 0..1, after a share of the way: the squares of both sides make one."""
    if way == "stay":
        return np.ones_like(share)
    gain: np.ndarray = np.sin(np.pi / 2 * (share if way == "enter" else 1 - share))
    return gain


def equal_gain(way: Way, share: np.ndarray) -> np.ndarray:
    """The gain, 0..1, after a share of the way: both sides make one."""
    if way == "stay":
        return np.ones_like(share)
    return share if way == "enter" else 1 - share


def _sounds_alike(piece: Piece, part: str) -> bool:
    old, new = piece.leaving, piece.instruments
    return (
        old is not None
        and old.soundfont == new.soundfont
        and programs(old)[part] == programs(new)[part]
    )


def _trims_db(piece: Piece, balance: Balance, moments: np.ndarray) -> np.ndarray:
    """The make-up gain at each moment. It moves in the first beat of each half of a bar."""
    trims = balance.trims_db or (0.0,)
    corners, gains = [0.0], [trims[0]]
    for half, (before, after) in enumerate(pairwise(trims), start=1):
        line = half * TRIM_STEPS
        corners += [piece.seconds_at(line), piece.seconds_at(line + STEPS_PER_QUARTER)]
        gains += [before, after]
    return np.interp(moments / SAMPLE_RATE_HZ, corners, gains)


def _share(points: int, begin: int, frames: int) -> np.ndarray:
    """How much of a stretch has passed at each point, 0..1."""
    moments = np.arange(1, points + 1) * GRID_FRAMES
    return np.clip((moments - begin) / frames, 0.0, 1.0)
