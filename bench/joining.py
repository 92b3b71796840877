"""Four ways from one piece to the next, by their notes: for bench/joins.py."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from generators.distance import HARMONIC, bar_vectors, clash, neighbours
from generators.music import TICKS_PER_STEP, Bar, Piece
from generators.realise import realise
from generators.sections import CONSONANT
from renderer.joins import score_join
from renderer.score import strokes
from station.bridges import Decoder
from station.generator import Plan

WAYS = ("our bridge", "straight line", "hard cut", "crossfade")
CROSSFADE_SECONDS = 2.0
SLICE_SECONDS = 0.01  # in which what sounds at a crossfade is looked up


@dataclass(frozen=True, slots=True)
class Joint:
    """Two pieces, and what may stand between them."""

    old: Piece
    bridge: Piece
    line: Piece
    new: Piece

    def between(self, way: str) -> Piece | None:
        return {"our bridge": self.bridge, "straight line": self.line}.get(way)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way of joining two pieces comes to."""

    steps: list[float]  # bar to bar, from the last of the old piece to the first of the new
    clash: float | None  # share of the time in which what sounds together is dissonant
    grid_error_ms: float
    gap_frames: int | None = None  # None: not rendered
    loudness_step_lu: float | None = None


async def straight_line(decoder: Decoder, old: Piece, bridge: Piece, new: Piece) -> Piece:
    """As long as our bridge, and as it is played, but by the simplest walk.

    Latents lie evenly on the straight line, one noise sings them, and key and rests change
    half-way.
    """
    assert decoder.model is not None
    count = len(bridge.bars)
    ways = np.arange(1, count + 1)[:, None] / (count + 1)
    latents = ((1 - ways) * bridge.latents[0] + ways * bridge.latents[1]).astype(np.float32)
    sides = [old.bars[-1] if 2 * number < count else new.bars[0] for number in range(count)]
    bars = tuple(
        Bar(number, number, 0.0, number % decoder.model.bars, 0, side.transpose, side.rests)
        for number, side in enumerate(sides)
    )
    [tokens] = await decoder.decode([Plan(latents, bars, new.seed, new.temperature)])
    return replace(bridge, id=f"{bridge.id}-line", trio=realise(tokens, bars), bars=bars)


def noted(way: str, joint: Joint) -> Figures:
    """What the notes say."""
    old, new, between = joint.old, joint.new, joint.between(way)
    middle = [bar_vectors(between.trio)] if between else []
    ends = (bar_vectors(old.trio)[-1:], *middle, bar_vectors(new.trio)[:1])
    steps = neighbours(np.concatenate(ends)).tolist()
    if way == "crossfade":
        return Figures(steps, clash_over(old, new), off_grid_ms(old, new))
    clashing = clash(between.trio) if between else None  # at a cut nothing sounds together
    return Figures(steps, clashing, score_join(old, between, new).grid_error_ms)


def clash_over(old: Piece, new: Piece) -> float:
    """Share of the overlap, where both play a pitch, in which any two pitches are dissonant."""
    slices = round(CROSSFADE_SECONDS / SLICE_SECONDS)
    sides = [_sounding(old, old.seconds - CROSSFADE_SECONDS, slices), _sounding(new, 0.0, slices)]
    both = [(one, other) for one, other in zip(*sides, strict=True) if one and other]
    bad = [
        any(_is_dissonant(*pair) for pair in combinations(one | other, 2)) for one, other in both
    ]
    return float(np.mean(bad)) if bad else 0.0


def off_grid_ms(old: Piece, new: Piece) -> float:
    """In the overlap, how far the onset of the new piece that is furthest off the old one's
    sixteenths is off them."""
    begins = old.seconds - CROSSFADE_SECONDS
    grid = np.array([old.seconds_at(step) for step in range(old.trio.steps + 1)])
    notes = (*new.trio.melody, *new.trio.bass, *new.trio.drums)
    onsets = [begins + new.seconds_at(note.start) for note in notes]
    within = [onset for onset in onsets if onset < old.seconds]
    return 1000 * max((float(np.abs(grid - onset).min()) for onset in within), default=0.0)


def _sounding(piece: Piece, begins: float, slices: int) -> list[set[int]]:
    """The pitches that melody and bass sound in each slice from `begins` seconds on."""
    found: list[set[int]] = [set() for _ in range(slices)]
    for part in HARMONIC:
        for stroke in strokes(getattr(piece.trio, part), piece.trio.steps):
            times = (piece.seconds_at(t / TICKS_PER_STEP) for t in (stroke.start, stroke.end))
            first, last = (round((time - begins) / SLICE_SECONDS) for time in times)
            for at in range(max(0, first), min(slices, last)):
                found[at].add(stroke.pitch)
    return found


def _is_dissonant(one: int, other: int) -> bool:
    return not CONSONANT[abs(one - other) % 12]
