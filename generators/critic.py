"""Which of several candidates to air: the one that leaves nothing empty and says something."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from generators.keys import PROFILES, find_key
from generators.music import PARTS, STEPS_PER_BAR, Note, Trio

SECTION_STEPS = 4 * STEPS_PER_BAR
GOOD_ONSETS_A_BAR = {"melody": (2, 10), "bass": (1, 10), "drums": (3, 14)}
ENOUGH_PITCHES = 5  # different melody pitches in a section
MANY_REPEATS = 0.4  # share of melody notes that strike the pitch before again; music has 0.2
WIDE_APART = 7.0  # semitones from the bass's mean pitch up to the melody's
WORST_SECTION = 0.02  # so that one section without a part does not undo the others
IN_SCALE = 2.8  # a pitch class whose profile is above this belongs to the scale


def score(trio: Trio) -> float:
    """0 to 1: the geometric mean over sections of four bars, so that each of them counts.

    A section's is the product of five shares: bars in which every part has a sensible number of
    onsets; how many pitches the melody uses; how often it moves on; how far the bass keeps below
    it; melody and bass time inside the key of the whole.
    """
    key = find_key(trio)
    profile = np.roll(PROFILES[key.mode], key.tonic)
    scores = np.array([_score(section, profile) for section in _sections(trio)])
    if not scores.any():
        return 0.0
    return float(np.exp(np.log(np.maximum(scores, WORST_SECTION)).mean()))


def _sections(trio: Trio) -> Iterator[Trio]:
    """The trio in stretches of four bars, each beginning at step 0."""
    for first in range(0, trio.steps, SECTION_STEPS):
        steps = min(SECTION_STEPS, trio.steps - first)
        parts = {
            part: tuple(
                Note(note.start - first, min(note.end - first, steps), note.pitch, note.velocity)
                for note in getattr(trio, part)
                if first <= note.start < first + steps
            )
            for part in PARTS
        }
        yield Trio(steps=steps, **parts)


def _score(section: Trio, profile: np.ndarray) -> float:
    if not all(getattr(section, part) for part in PARTS):
        return 0.0
    alive = np.mean([_bars_alive(section, part) for part in PARTS])
    variety = min(1.0, len({note.pitch for note in section.melody}) / ENOUGH_PITCHES)
    fits = _motion(section.melody) * _room(section) * _in_scale(section, profile)
    return float(alive * variety * fits)


def _bars_alive(trio: Trio, part: str) -> float:
    bars = trio.steps // STEPS_PER_BAR
    onsets = np.bincount([n.start // STEPS_PER_BAR for n in getattr(trio, part)], minlength=bars)
    low, high = GOOD_ONSETS_A_BAR[part]
    return float(np.mean((onsets >= low) & (onsets <= high)))


def _motion(melody: tuple[Note, ...]) -> float:
    """1 while few notes repeat the one before, down to 0 when all do."""
    if len(melody) < 2:
        return 0.0
    repeats = float(np.mean(np.diff([note.pitch for note in melody]) == 0))
    return min(1.0, (1 - repeats) / (1 - MANY_REPEATS))


def _room(trio: Trio) -> float:
    """1 when the bass lies well below the melody, down to 0 when it does not at all."""
    melody, bass = (np.mean([note.pitch for note in part]) for part in (trio.melody, trio.bass))
    return float(np.clip((melody - bass) / WIDE_APART, 0, 1))


def _in_scale(section: Trio, profile: np.ndarray) -> float:
    notes = section.melody + section.bass
    inside = sum(note.end - note.start for note in notes if profile[note.pitch % 12] > IN_SCALE)
    return inside / sum(note.end - note.start for note in notes)
