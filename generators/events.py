"""Magenta's event vocabularies: notes to tokens, one a step, and back.

Melody and bass have 90 classes: 0 holds what sounds (or the silence), 1 ends it, k >= 2 strikes
MIDI pitch k + 19 (A0 to C8). Drums have 512: the sum of 2**bit over the nine kinds of drum that
are hit. Source: magenta and note-seq; the table of drum pitches is note-seq's.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from generators.music import STEPS_PER_BAR, Note, Trio

HOLD = 0
NOTE_OFF = 1
FIRST_PITCH_TOKEN = 2
LOWEST_PITCH = 21
HIGHEST_PITCH = 108
MELODY_DEPTH = HIGHEST_PITCH - LOWEST_PITCH + 1 + FIRST_PITCH_TOKEN
PITCH_OF_TOKEN = LOWEST_PITCH - FIRST_PITCH_TOKEN  # add to a token: its MIDI pitch

# One row a kind of drum, from bit 0: the pitch we write, then all pitches we read as that kind.
DRUM_KINDS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("kick", (36, 35)),
    ("snare", (38, 27, 28, 31, 32, 33, 34, 37, 39, 40, 56, 65, 66, 75, 85)),
    ("closed hi-hat", (42, 44, 54, 68, 69, 70, 71, 73, 78, 80, 22)),
    ("open hi-hat", (46, 67, 72, 74, 79, 81, 26)),
    ("low tom", (45, 29, 41, 43, 61, 64, 84)),
    ("mid tom", (48, 47, 60, 63, 77, 86, 87)),
    ("high tom", (50, 30, 62, 76, 83)),
    ("crash", (49, 52, 55, 57, 58)),
    ("ride", (51, 53, 59, 82)),
)
DRUM_PITCHES = tuple(pitches[0] for _, pitches in DRUM_KINDS)
DRUM_BIT = {pitch: bit for bit, (_, pitches) in enumerate(DRUM_KINDS) for pitch in pitches}
DRUM_BITS = len(DRUM_KINDS)
DRUM_DEPTH = 2**DRUM_BITS

PART_DEPTHS = (MELODY_DEPTH, MELODY_DEPTH, DRUM_DEPTH)
HARMONIC_PARTS = 2  # the first two parts have pitches to transpose


def melody_to_tokens(notes: Iterable[Note], steps: int) -> np.ndarray:
    """One voice, int16 `(steps,)`: of notes struck together the highest, a new note ends the old.

    Pitches outside 21..108 and notes that start after `steps` are left out.
    """
    tokens = np.full(steps, HOLD, np.int16)
    ends = np.full(steps, steps, np.int64)
    for note in sorted(notes, key=lambda n: (n.start, n.pitch)):  # the highest is written last
        if note.start < steps and LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH:
            tokens[note.start] = note.pitch - PITCH_OF_TOKEN
            ends[note.start] = note.end
    changes = [*np.flatnonzero(tokens), steps]
    for onset, following in pairwise(changes):
        if ends[onset] < following:
            tokens[ends[onset]] = NOTE_OFF
    return tokens


def drums_to_tokens(notes: Iterable[Note], steps: int) -> np.ndarray:
    """Hits as int16 `(steps,)`; drum pitches of no kind are left out, durations too."""
    tokens = np.zeros(steps, np.int16)
    for note in notes:
        bit = DRUM_BIT.get(note.pitch)
        if bit is not None and note.start < steps:
            tokens[note.start] |= 1 << bit
    return tokens


def tokens_to_melody(tokens: np.ndarray, velocity: int = 80) -> tuple[Note, ...]:
    """The inverse: a note lasts until the next note, the next note-off, or the end."""
    changes = [*np.flatnonzero(tokens), len(tokens)]
    return tuple(
        Note(int(start), int(end), int(tokens[start]) + PITCH_OF_TOKEN, velocity)
        for start, end in pairwise(changes)
        if tokens[start] >= FIRST_PITCH_TOKEN
    )


def tokens_to_drums(tokens: np.ndarray, velocity: int = 80) -> tuple[Note, ...]:
    """One step a hit, in the first pitch of its kind."""
    return tuple(
        Note(int(step), int(step) + 1, DRUM_PITCHES[bit], velocity)
        for step in np.flatnonzero(tokens)
        for bit in range(DRUM_BITS)
        if tokens[step] >> bit & 1
    )


def trio_to_tokens(trio: Trio) -> np.ndarray:
    """int16 `(steps, 3)`: melody, bass, drums."""
    voices = (
        melody_to_tokens(trio.melody, trio.steps),
        melody_to_tokens(trio.bass, trio.steps),
        drums_to_tokens(trio.drums, trio.steps),
    )
    return np.stack(voices, axis=1)


def tokens_to_trio(tokens: np.ndarray) -> Trio:
    """`(steps, 3)` class indices to notes, every velocity 80."""
    if tokens.ndim != 2 or tokens.shape[1] != len(PART_DEPTHS):
        raise ValueError(f"a trio's tokens have shape (steps, 3), not {tokens.shape}")
    return Trio(
        melody=tokens_to_melody(tokens[:, 0]),
        bass=tokens_to_melody(tokens[:, 1]),
        drums=tokens_to_drums(tokens[:, 2]),
        steps=len(tokens),
    )


def transpose(tokens: np.ndarray, semitones: int | np.ndarray) -> np.ndarray:
    """Move every struck note by up to an octave; what would leave the range, an octave back."""
    moved = tokens + semitones
    moved = np.where(moved < FIRST_PITCH_TOKEN, moved + 12, moved)
    moved = np.where(moved >= MELODY_DEPTH, moved - 12, moved)
    return np.where(tokens >= FIRST_PITCH_TOKEN, moved, tokens).astype(tokens.dtype)


def bars(steps: int) -> int:
    """Bars needed to hold `steps`."""
    return -(-steps // STEPS_PER_BAR)
