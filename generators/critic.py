"""Which of several candidates to air: the one that leaves nothing empty and says something."""

from __future__ import annotations

import numpy as np

from generators.keys import PROFILES, find_key
from generators.music import PARTS, STEPS_PER_BAR, Trio

GOOD_ONSETS_A_BAR = {"melody": (2, 10), "bass": (1, 10), "drums": (3, 14)}
ENOUGH_PITCHES = 5  # different melody pitches
IN_SCALE = 2.8  # a pitch class whose profile is above this belongs to the scale


def score(trio: Trio) -> float:
    """0 (a part is missing) to 1 (every bar alive, melody and bass in one scale).

    The product of: the share of bars in which every part has a sensible number of onsets,
    how many pitches the melody uses, and the share of melody and bass time inside the key.
    """
    alive = np.mean([_bars_alive(trio, part) for part in PARTS])
    variety = min(1.0, len({note.pitch for note in trio.melody}) / ENOUGH_PITCHES)
    return float(alive * variety * _in_scale(trio))


def _bars_alive(trio: Trio, part: str) -> float:
    bars = trio.steps // STEPS_PER_BAR
    onsets = np.bincount([n.start // STEPS_PER_BAR for n in getattr(trio, part)], minlength=bars)
    low, high = GOOD_ONSETS_A_BAR[part]
    return float(np.mean((onsets >= low) & (onsets <= high)))


def _in_scale(trio: Trio) -> float:
    key = find_key(trio)
    profile = np.roll(PROFILES[key.mode], key.tonic)
    notes = trio.melody + trio.bass
    inside = sum(note.end - note.start for note in notes if profile[note.pitch % 12] > IN_SCALE)
    return inside / max(1, sum(note.end - note.start for note in notes))
