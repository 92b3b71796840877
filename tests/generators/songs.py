"""MIDI files to test with, written by pretty_midi: a melody, a bass and a beat from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pretty_midi

STEP_SECONDS = 0.125  # a sixteenth at 120 quarter notes a minute
BAR_SECONDS = 16 * STEP_SECONDS

# (start step, end step, pitch)
Line = Iterable[tuple[float, float, int]]


def midi_of(
    *tracks: tuple[int, bool, Line], metres: Iterable[tuple[int, int, float]] = ((4, 4, 0.0),)
) -> pretty_midi.PrettyMIDI:
    """Tracks as (program, is it drums, notes); metres as (numerator, denominator, bar)."""
    midi = pretty_midi.PrettyMIDI(resolution=480, initial_tempo=120)
    for numerator, denominator, bar in metres:
        change = pretty_midi.TimeSignature(numerator, denominator, bar * BAR_SECONDS)
        midi.time_signature_changes.append(change)
    for program, is_drum, notes in tracks:
        track = pretty_midi.Instrument(program, is_drum=is_drum)
        for start, end, pitch in notes:
            note = pretty_midi.Note(90, pitch, start * STEP_SECONDS, end * STEP_SECONDS)
            track.notes.append(note)
        midi.instruments.append(track)
    return midi


def melody(seed: int, bars: int = 8, transpose: int = 0) -> Line:
    dice = random.Random(seed)
    for step in range(0, 16 * bars, 2):
        if dice.random() < 0.8:
            pitch = dice.choice((60, 62, 64, 65, 67, 69, 71, 72)) + transpose
            yield step, step + dice.choice((1, 2)), pitch


def bass(seed: int, bars: int = 8, transpose: int = 0) -> Line:
    dice = random.Random(seed + 1_000)
    for step in range(0, 16 * bars, 4):
        yield step, step + 4, dice.choice((36, 38, 40, 43)) + transpose


def beat(bars: int = 8) -> Line:
    for step in range(0, 16 * bars, 2):
        yield step, step + 1, 42
        if step % 8 == 0:
            yield step, step + 1, 36
        if step % 8 == 4:
            yield step, step + 1, 38


def write_song(path: Path, seed: int, *, bars: int = 8, transpose: int = 0) -> None:
    midi_of(
        (0, False, melody(seed, bars, transpose)),
        (33, False, bass(seed, bars, transpose)),
        (0, True, beat(bars)),
    ).write(str(path))
