"""Music by rule: what the station plays when there is no model and no archive. It cannot fail.

A chord progression, a bass on its roots, an arpeggio over it and a plain beat, all drawn from a
seed. Short, so that the model's music takes over soon.
"""

from __future__ import annotations

import random

import numpy as np

from generators.keys import Key
from generators.music import STEPS_PER_BAR, Instruments, Note, Piece, Trio
from generators.realise import accented
from generators.recipe import Clock, composer, identified
from generators.titles import title

BARS = 8
MODEL = "pattern"
KICK, SNARE, CLOSED_HAT, OPEN_HAT = 36, 38, 42, 46
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
# Degrees of the major scale, one chord a bar.
PROGRESSIONS = ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 5, 4), (3, 0, 4, 5), (5, 4, 3, 4))
CHORD = (0, 2, 4, 6)  # degrees above a chord's root
RHYTHMS = ((0, 3, 6, 8, 11, 14), (0, 2, 4, 8, 10, 12), (0, 4, 6, 10, 12), (0, 3, 6, 10, 12, 14))


def pattern_piece(
    seed: int, show: str, tempo_qpm: float, instruments: Instruments, clock: Clock
) -> Piece:
    """Eight bars; the same for the same arguments but for the time of making."""
    rng = random.Random(seed)
    tonic = rng.randrange(12)
    progression = rng.choice(PROGRESSIONS)
    trio = Trio(
        melody=_arpeggio(rng, tonic, progression),
        bass=_bass(rng, tonic, progression),
        drums=_beat(rng),
        steps=BARS * STEPS_PER_BAR,
    )
    return identified(
        Piece(
            id="",
            title=title(seed),
            trio=accented(trio),
            origin="pattern",
            tempo_qpm=tempo_qpm,
            tempo_end_qpm=tempo_qpm,
            key=str(Key(tonic, "major") if progression[0] != 5 else Key((tonic + 9) % 12, "minor")),
            instruments=instruments,
            show=show,
            form="AA",
            bars=(),
            seed=seed,
            temperature=0.0,
            parents=(),
            model=MODEL,
            weights_sha256="",
            created=clock(),
            latents=np.zeros((0, 0), np.float32),
            composer=composer(),
        )
    )


def _degree(tonic: int, degree: int, lowest: int) -> int:
    """The pitch of a scale degree, at or above `lowest`."""
    pitch_class = (tonic + MAJOR_SCALE[degree % 7]) % 12
    return lowest + (pitch_class - lowest) % 12


def _arpeggio(rng: random.Random, tonic: int, progression: tuple[int, ...]) -> tuple[Note, ...]:
    rhythm = rng.choice(RHYTHMS)
    shape = [rng.choice(CHORD)]
    for _ in rhythm[1:]:
        shape.append(rng.choice([third for third in CHORD if third != shape[-1]]))
    notes = []
    for bar in range(BARS):
        root = progression[bar % len(progression)]
        starts = [bar * STEPS_PER_BAR + step for step in rhythm]
        ends = [*starts[1:], (bar + 1) * STEPS_PER_BAR]
        for start, end, third in zip(starts, ends, shape, strict=True):
            notes.append(Note(start, end, _degree(tonic, root + third, 64)))
    return tuple(notes)


def _bass(rng: random.Random, tonic: int, progression: tuple[int, ...]) -> tuple[Note, ...]:
    rhythm = rng.choice(((0, 8), (0, 6, 8), (0, 4, 8, 12), (0, 10)))
    notes = []
    for bar in range(BARS):
        pitch = _degree(tonic, progression[bar % len(progression)], 33)
        starts = [bar * STEPS_PER_BAR + step for step in rhythm]
        ends = [*starts[1:], (bar + 1) * STEPS_PER_BAR]
        notes += [Note(s, e, pitch) for s, e in zip(starts, ends, strict=True)]
    return tuple(notes)


def _beat(rng: random.Random) -> tuple[Note, ...]:
    kicks = rng.choice(((0, 8), (0, 6, 8), (0, 7, 10), (0, 4, 8, 12)))
    hats = range(0, STEPS_PER_BAR, rng.choice((2, 4)))
    notes = []
    for bar in range(BARS):
        first = bar * STEPS_PER_BAR
        hits = [(step, KICK) for step in kicks] + [(step, SNARE) for step in (4, 12)]
        hits += [(step, CLOSED_HAT) for step in hats]
        if bar % 4 == 3:
            hits.append((14, OPEN_HAT))
        notes += [Note(first + step, first + step + 1, pitch) for step, pitch in hits]
    return tuple(sorted(set(notes)))
