"""Notes of one stretch into the voices that the single-instrument models know.

A melody is one instrument's highest line; a drum track is all hits together. Either ends where a
whole bar goes by in silence, and the next begins at the bar line before its first note.

Source: note_seq's Melody.from_quantized_sequence and DrumTrack.from_quantized_sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from generators.events import (
    FIRST_PITCH_TOKEN,
    HIGHEST_PITCH,
    HOLD,
    LOWEST_PITCH,
    bars,
    melody_to_tokens,
)
from generators.music import STEPS_PER_BAR, Note


def melody_line(notes: Iterable[Note]) -> list[Note]:
    """Of notes struck together the highest that a piano has; of equal ones the first."""
    playable = (note for note in notes if LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH)
    ordered = sorted(playable, key=lambda note: (note.start, -note.pitch))
    return [next(chord) for _, chord in groupby(ordered, key=lambda note: note.start)]


def melodies(notes: Iterable[Note]) -> Iterator[np.ndarray]:
    """The melodies of one instrument, each int16 `(steps,)`, whole bars."""
    for phrase in _phrases(melody_line(notes), lambda note: note.end):
        yield melody_to_tokens(phrase, bars(phrase[-1].end) * STEPS_PER_BAR)


def drum_tracks(notes: Iterable[Note], bit_of: Mapping[int, int]) -> Iterator[np.ndarray]:
    """The drum tracks of all hits, each int64 `(steps,)`, whole bars; see `hits_to_tokens`."""
    hits = sorted(note for note in notes if note.pitch in bit_of)
    for phrase in _phrases(hits, lambda note: note.start + 1):
        yield hits_to_tokens(phrase, bars(phrase[-1].start + 1) * STEPS_PER_BAR, bit_of)


def hits_to_tokens(notes: Iterable[Note], steps: int, bit_of: Mapping[int, int]) -> np.ndarray:
    """int64 `(steps,)` with a bit for each kind of drum; pitches of no kind are left out."""
    tokens = np.zeros(steps, np.int64)  # 61 kinds of drum need 61 bits
    for note in notes:
        if note.pitch in bit_of and note.start < steps:
            tokens[note.start] |= 1 << bit_of[note.pitch]
    return tokens


def windows(voice: np.ndarray, steps: int) -> Iterator[np.ndarray]:
    """Windows of `steps`, moved by a bar."""
    for start in range(0, len(voice) - steps + 1, STEPS_PER_BAR):
        yield voice[start : start + steps]


def without_stray_offs(melody: np.ndarray) -> np.ndarray:
    """A window's note-offs before its first note end nothing that it knows of."""
    struck = np.flatnonzero(melody >= FIRST_PITCH_TOKEN)
    cleaned = melody.copy()
    cleaned[: struck[0] if len(struck) else len(melody)] = HOLD
    return cleaned


def _phrases(notes: Sequence[Note], end_of: Callable[[Note], int]) -> Iterator[list[Note]]:
    """Notes by start, cut where a bar of silence passes; each from the bar of its first note."""
    phrase: list[Note] = []
    origin = 0
    for note in notes:
        if phrase and note.start - origin - end_of(phrase[-1]) >= STEPS_PER_BAR:
            yield phrase
            phrase = []
        if not phrase:
            origin = note.start // STEPS_PER_BAR * STEPS_PER_BAR
        phrase.append(replace(note, start=note.start - origin, end=note.end - origin))
    if phrase:
        yield phrase
