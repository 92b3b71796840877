"""What a picture shows of the notes: hills of melody and bass, beads of drums, lights of bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from generators.music import PARTS, STEPS_PER_BAR, Note, Piece

SLOTS = 24  # along a hill: three a bar, in a section of eight
LEAST_SLOTS = 8
MOST_SLOTS = 144  # of all hills together: a picture is a few KB, however long the piece
MOST_STREAKS = 64
HELD_SLOTS = 3  # a melody that rests for less than this goes on in the picture
MELODY_FROM = 0.38  # of a hill's height; below it is the bass
BASS_FROM, BASS_TO = 0.06, 0.26
LEAST_RANGE = 9  # semitones: a melody of two notes is no mountain


@dataclass(frozen=True, slots=True)
class Section:
    """Steps of a piece, from `start` to before `end`."""

    start: int
    end: int


def sections(piece: Piece) -> list[Section]:
    """One a letter of the form; a piece of one section in four, or in its bars."""
    count = len(piece.form)
    bars = piece.trio.steps // STEPS_PER_BAR
    if count < 2 or count > bars:
        count = min(4, bars)
    edges = [bars * each // count * STEPS_PER_BAR for each in range(count + 1)]
    return [Section(*each) for each in pairwise(edges)]


def slots_for(count: int) -> int:
    """How finely each of so many hills is drawn."""
    return max(LEAST_SLOTS, min(SLOTS, MOST_SLOTS // count))


def hill(piece: Piece, section: Section, slots: int) -> list[float]:
    """How high a hill is in each slot, 0..1: where the melody goes, else the bass, else nothing."""
    melody = _contour(piece.trio.melody, section, slots)
    bass = _contour(piece.trio.bass, section, slots)
    melody_low, melody_range = _span(piece.trio.melody)
    bass_low, bass_range = _span(piece.trio.bass)
    heights = []
    for high, low in zip(_held(melody), bass, strict=True):
        height = 0.0
        if high is not None:
            height = MELODY_FROM + (1 - MELODY_FROM) * (high - melody_low) / melody_range
        elif low is not None:
            height = BASS_FROM + (BASS_TO - BASS_FROM) * (low - bass_low) / bass_range
        heights.append(height)
    return heights


def rhythm(piece: Piece, section: Section) -> list[int]:
    """In which steps of a bar the drums strike: half as often as in their favourite, or oftener."""
    bars: list[set[int]] = [set() for _ in range(STEPS_PER_BAR)]
    for note in piece.trio.drums:
        if section.start <= note.start < section.end:
            bars[note.start % STEPS_PER_BAR].add(note.start // STEPS_PER_BAR)
    most = max(len(each) for each in bars)
    return [step for step, struck in enumerate(bars) if struck and 2 * len(struck) >= most]


def density(piece: Piece) -> list[float]:
    """Notes a bar, bar by bar; of a very long piece, the mean of some bars."""
    counts = [0] * (piece.trio.steps // STEPS_PER_BAR)
    for part in PARTS:
        for note in getattr(piece.trio, part):
            counts[note.start // STEPS_PER_BAR] += 1
    each = -(-len(counts) // MOST_STREAKS)
    lots = [counts[at : at + each] for at in range(0, len(counts), each)]
    return [sum(lot) / len(lot) for lot in lots]


def _contour(notes: Sequence[Note], section: Section, slots: int) -> list[float | None]:
    """The mean pitch that sounds in each slot, None where there is none."""
    steps = section.end - section.start
    pitches, lengths = [0] * slots, [0] * slots
    for note in notes:
        for step in range(max(note.start, section.start), min(note.end, section.end)):
            slot = (step - section.start) * slots // steps
            pitches[slot] += note.pitch
            lengths[slot] += 1
    return [
        pitch / length if length else None for pitch, length in zip(pitches, lengths, strict=True)
    ]


def _held(contour: list[float | None]) -> list[float | None]:
    """The same, with its short rests filled."""
    held: list[float | None] = []
    last, rested = None, 0
    for pitch in contour:
        rested = 0 if pitch is not None else rested + 1
        last = pitch if pitch is not None else last if rested <= HELD_SLOTS else None
        held.append(last)
    return held


def _span(notes: Sequence[Note]) -> tuple[int, int]:
    """The lowest pitch, and how many semitones it goes up from there."""
    pitches = [note.pitch for note in notes] or [0]
    return min(pitches), max(LEAST_RANGE, max(pitches) - min(pitches))
