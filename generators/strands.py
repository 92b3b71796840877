"""A bridge put together bar by bar from many ways to sing it.

The bars of our models hear nothing of each other but the latent, so a bar of one way may follow a
bar of another. Of all the paths through the ways the smoothest is taken: small steps from bar to
bar, both neighbours' own bars among them, few dissonances, and no hole in the music.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np

from generators.distance import (
    HARMONIC,
    ONSETS,
    bar_vectors,
    clashes,
    distances,
    moved,
    silenced,
    sounding,
)
from generators.events import HARMONIC_PARTS, HOLD, NOTE_OFF, tokens_to_trio
from generators.music import STEPS_PER_BAR, Bar, Trio
from generators.sections import SILENT
from generators.walk import cheapest_path

STEEPNESS = 3  # a step of twice the size costs 2 ** 3 times as much: many small ones, none large
CLASH_COST = 2.0  # of a bar of nothing but dissonance; a usual step costs 1
HOLE_COST = 10.0  # of a bar in which nobody strikes anything ...
FULL_STROKES = 4  # ... falling to 0 for one with so many strokes
REST_COST = 0.5  # of a bar in which a part rests: they rest no longer than is smooth
LEAP_COST = 2.0  # of an octave's leap of a part's mean pitch, above a fifth; and outside REGISTER
LEAP_FREE = 7.0  # semitones; in held-out music 95 % of the steps from bar to bar are smaller
REGISTER = ((44.0, 79.0), (28.0, 50.0))  # 5 % and 95 % of the bars: mean pitch, melody and bass
LONG_BARS = 8  # a bridge of so many bars has a middle of its own, in which all parts play
DRUMS = "d"


@dataclass(frozen=True, slots=True)
class Shore:
    """The bar on one side of a bridge."""

    vector: np.ndarray  # as `generators.distance.bar_vectors` describes it, (WIDTH,)
    transpose: int  # semitones, of the latents there
    rests: str  # initials of the parts that are silent


@dataclass(frozen=True, slots=True)
class Guise:
    """How a bar may be sung, whatever its notes. It never goes back to an earlier one."""

    shift: int  # how far the transposition has gone over: 0 as on the old side, 1 as on the new
    rest: int  # the same for the rests: 0 as on the old side, 1 all play, 2 as on the new
    transpose: int
    rests: str


def smoothest(
    strands: Sequence[tuple[Bar, ...]], tokens: Sequence[np.ndarray], old: Shore, new: Shore
) -> tuple[Bar, ...]:
    """The bars of the best bridge that the strands hold.

    Transposition and rests go over from those of `old` to those of `new`, each at the bar line
    where that disturbs least. Drums that come in on the way have a fill before them.

    Args:
        strands: bridges of one length, from latent 0 to latent 1.
        tokens: of each, int16 `(16 bars, 3)`, as decoded.
    """
    count = len(strands[0])
    guises = _guises(old, new, is_long=count >= LONG_BARS)
    trios = [tokens_to_trio(_apart(sung)) for sung in tokens]
    layers = _layers(trios, guises, count)
    forward = _forward(guises, len(strands))
    registers = [np.tile(of_bar, (len(guises), 1)) for of_bar in _registers(trios)]
    clashing = np.stack([clashes(trio) for trio in trios], axis=1) / STEPS_PER_BAR
    costs = [_cost(one, other) for one, other in pairwise([old.vector[None], *layers])]
    for number, cost in enumerate(costs):
        if number:
            cost += forward + _leaps(registers[number - 1], registers[number])
        cost += CLASH_COST * np.tile(clashing[number], len(guises))
        cost += _astray(registers[number]) + _holes(layers[number])
        cost += np.repeat(_out_of_place(guises, number, count), len(strands))
    costs.append(_cost(layers[-1], new.vector[None]))
    bars = []
    for number, choice in enumerate(cheapest_path(costs)[1:-1]):
        at, strand = divmod(choice, len(strands))
        guise = guises[at]
        bars.append(replace(strands[strand][number], transpose=guise.transpose, rests=guise.rests))
    for number, (bar, following) in enumerate(pairwise(bars)):
        if DRUMS in bar.rests and DRUMS not in following.rests:
            bars[number] = replace(bar, fill=True)
    return tuple(bars)


def _guises(old: Shore, new: Shore, *, is_long: bool) -> list[Guise]:
    shifts = dict.fromkeys((old.transpose, new.transpose))
    rests = {0: old.rests, 1: "", 2: new.rests} if is_long else {0: old.rests, 2: new.rests}
    return [
        Guise(shift, rest, transpose, rests[rest])
        for (shift, transpose), rest in product(enumerate(shifts), rests)
    ]


def _out_of_place(guises: Sequence[Guise], number: int, count: int) -> np.ndarray:
    """What a bar's guise costs; infinite where, in the middle of a long bridge, not all play."""
    is_middle = count >= LONG_BARS and count <= 4 * number < 3 * count
    return np.array(
        [np.inf if is_middle and g.rest != 1 else REST_COST * len(g.rests) for g in guises]
    )


def _forward(guises: Sequence[Guise], strands: int) -> np.ndarray:
    """0 from a choice to each whose guise is no earlier, infinite to the others."""
    stages = np.array([(guise.shift, guise.rest) for guise in guises])
    goes_back = (stages[:, None] > stages[None]).any(axis=-1)  # (guises, guises)
    return np.where(np.kron(goes_back, np.ones((strands, strands), bool)), np.inf, 0.0)


def _layers(trios: Sequence[Trio], guises: Sequence[Guise], count: int) -> list[np.ndarray]:
    """Each bar's choices described, `(guises x strands, WIDTH)`: guise after guise."""
    plain = np.stack([bar_vectors(trio) for trio in trios])  # (strands, bars, WIDTH)
    return [
        np.concatenate(
            [silenced(moved(plain[:, bar], guise.transpose), guise.rests) for guise in guises]
        )
        for bar in range(count)
    ]


def _cost(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """`(n, WIDTH)` against `(m, WIDTH)`: what each step costs, `(n, m)`."""
    return np.asarray(distances(one, other) ** STEEPNESS)


def _holes(layer: np.ndarray) -> np.ndarray:
    """What it costs each choice to strike little, `(n, WIDTH)` to `(n,)`."""
    strokes = layer[:, ONSETS].sum(axis=1)
    return np.asarray(HOLE_COST * np.maximum(0, 1 - strokes / FULL_STROKES) ** 2)


def _registers(trios: Sequence[Trio]) -> list[np.ndarray]:
    """Of each bar the mean pitch of melody and bass, `(strands, 2)`; NaN where one is silent."""
    columns = []
    for part in HARMONIC:
        pitch = np.stack([sounding(getattr(trio, part), trio.steps) for trio in trios])
        bars = pitch.reshape(len(trios), -1, STEPS_PER_BAR)
        sounds = (bars != SILENT).sum(axis=2)
        total = np.where(bars != SILENT, bars, 0).sum(axis=2)
        columns.append(np.where(sounds > 0, total / np.maximum(1, sounds), np.nan))
    return list(np.stack(columns, axis=-1).swapaxes(0, 1))  # bars x (strands, 2)


def _leaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What it costs to go from registers `(n, 2)` to registers `(m, 2)`: `(n, m)`."""
    apart = np.nan_to_num(np.abs(one[:, None] - other[None]))
    return np.asarray(LEAP_COST * (np.maximum(0, apart - LEAP_FREE) / 12).sum(axis=-1))


def _astray(registers: np.ndarray) -> np.ndarray:
    """What it costs to play high above or deep below where music does, `(n, 2)` to `(n,)`."""
    low, high = np.array(REGISTER).T
    outside = np.nan_to_num(np.maximum(0, np.maximum(low - registers, registers - high)))
    return np.asarray(LEAP_COST * (outside / 12).sum(axis=-1))


def _apart(tokens: np.ndarray) -> np.ndarray:
    """The tokens with no note held over a bar line: what comes before a bar is not known yet."""
    apart = tokens.copy()
    starts = apart[::STEPS_PER_BAR, :HARMONIC_PARTS]
    starts[starts == HOLD] = NOTE_OFF
    return apart
