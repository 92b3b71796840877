"""Decoded tokens into the trio that is played: each bar in its key, with its rests, and alive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from generators.arrangement import arranged
from generators.events import HARMONIC_PARTS, tokens_to_trio, transpose
from generators.expression import express
from generators.groove.touch import Touch
from generators.music import PARTS, STEPS_PER_BAR, STEPS_PER_QUARTER, Bar, Note, Trio

# MIDI velocity on the first beat, on the other beats, on the eighths and on the sixteenths.
ACCENTS = {"melody": (92, 86, 80, 74), "bass": (90, 84, 80, 74), "drums": (100, 90, 78, 66)}


def realise(
    tokens: np.ndarray,
    bars: Sequence[Bar],
    touch: Touch | None = None,
    humanize_percent: int = 0,
    tempo_qpm: float = 120.0,
) -> Trio:
    """Tokens `(16 bars, 3)` and their plan to notes.

    Args:
        touch: of the drums as they are arranged; None: they are played by rule.
        humanize_percent: see `generators.expression`; 0 is on the grid, accented by the metre.
    """
    moved = tokens.copy()
    for number, bar in enumerate(bars):
        if bar.transpose:
            here = slice(number * STEPS_PER_BAR, (number + 1) * STEPS_PER_BAR)
            moved[here, :HARMONIC_PARTS] = transpose(tokens[here, :HARMONIC_PARTS], bar.transpose)
    on_the_grid = accented(tokens_to_trio(arranged(moved, bars)))
    return express(on_the_grid, touch, humanize_percent, tempo_qpm)


def accented(trio: Trio) -> Trio:
    """The same notes, each as strong as its place in the bar."""
    parts = {
        part: tuple(replace(note, velocity=_accent(note, part)) for note in getattr(trio, part))
        for part in PARTS
    }
    return Trio(steps=trio.steps, **parts)


def _accent(note: Note, part: str) -> int:
    downbeat, beat, eighth, sixteenth = ACCENTS[part]
    if note.start % STEPS_PER_BAR == 0:
        return downbeat
    if note.start % STEPS_PER_QUARTER == 0:
        return beat
    return eighth if note.start % 2 == 0 else sixteenth
