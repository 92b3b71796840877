"""What is measured on pieces, in sections of four bars: the facts that the critic judges by.

Everything is done for many pieces of one length at once, on arrays. A row is one section of one
piece, N rows in all; S is the steps of a section, 64 but where a piece ends sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from generators.events import FIRST_PITCH_TOKEN, MELODY_DEPTH, PITCH_OF_TOKEN
from generators.keys import BASS_WEIGHT, KEY_SHAPES, KEYS, PROFILES
from generators.music import PARTS, STEPS_PER_BAR

SECTION_STEPS = 4 * STEPS_PER_BAR
IN_SCALE = 2.8  # a pitch class whose profile is above this belongs to the scale
SCALES = np.array([np.roll(PROFILES[key.mode], key.tonic) > IN_SCALE for key in KEYS])  # (24, 12)
# Semitones from bass to melody that sound together: unison, thirds, fourth, fifth, sixths.
CONSONANT = np.isin(np.arange(12), (0, 3, 4, 5, 7, 8, 9))
SILENT = -1


@dataclass(frozen=True, slots=True)
class Sections:
    """One section of each of N pieces, N rows."""

    tokens: np.ndarray  # int, (N, S, 3)
    struck: np.ndarray  # bool, (N, S, 3): a note or a hit begins
    melody: np.ndarray  # int, (N, S): the MIDI pitch that sounds, or SILENT
    bass: np.ndarray  # the same
    scale: np.ndarray  # bool, (N, 12): the pitch classes of the key of the whole piece


def sections(tokens: np.ndarray) -> list[Sections]:
    """Pieces `(N, steps, 3)` as the sections they follow each other in.

    Raises:
        ValueError: the shape is another, or the pieces do not last whole bars.
    """
    if tokens.ndim != 3 or tokens.shape[2] != len(PARTS) or tokens.shape[1] % STEPS_PER_BAR:
        raise ValueError(f"pieces have shape (n, 16 bars, 3), not {tokens.shape}")
    tokens = tokens.astype(np.int16, copy=False)
    struck = tokens >= np.array([FIRST_PITCH_TOKEN, FIRST_PITCH_TOKEN, 1], np.int16)
    melody, bass = (_sounding(tokens[:, :, part]) for part in (0, 1))
    classes = _pitch_classes(melody) + BASS_WEIGHT * _pitch_classes(bass)  # (N, 12)
    fits = (classes - classes.mean(axis=1, keepdims=True)) @ KEY_SHAPES.T  # (N, 24)
    key = np.argmax(fits.round(6), axis=1)  # of equal ones the first, however products round
    return [
        Sections(tokens[:, at], struck[:, at], melody[:, at], bass[:, at], SCALES[key])
        for start in range(0, tokens.shape[1], SECTION_STEPS)
        for at in [slice(start, start + SECTION_STEPS)]
    ]


def empty_bars(part: int) -> Callable[[Sections], np.ndarray]:
    """Share of bars in which a part strikes nothing."""
    return lambda s: np.asarray((_onsets_a_bar(s.struck[:, :, part]) == 0).mean(axis=1))


def onsets(part: int) -> Callable[[Sections], np.ndarray]:
    """Steps a bar on which a part strikes something."""
    return lambda s: np.asarray(_onsets_a_bar(s.struck[:, :, part]).mean(axis=1))


def in_scale(s: Sections) -> np.ndarray:
    """Share of the time that melody and bass sound on notes of the piece's key."""
    classes = _pitch_classes(s.melody) + _pitch_classes(s.bass)
    return np.asarray((classes * s.scale).sum(axis=1) / np.maximum(1, classes.sum(axis=1)))


def clarity(s: Sections) -> np.ndarray:
    """How well the section alone fits the key it fits best: a correlation, -1 to 1."""
    classes = _pitch_classes(s.melody) + BASS_WEIGHT * _pitch_classes(s.bass)
    classes = classes - classes.mean(axis=1, keepdims=True)
    length = np.maximum(1e-9, np.linalg.norm(classes, axis=1))
    return np.asarray((classes @ KEY_SHAPES.T).max(axis=1) / length)


def consonance(s: Sections) -> np.ndarray:
    """Share of the time that melody and bass sound together on a consonance.

    Two beats of what is usual are counted in, so that little music says little.
    """
    usual, steps = 0.8, 8
    both = (s.melody != SILENT) & (s.bass != SILENT)
    good = both & CONSONANT[(s.melody - s.bass) % 12]
    return np.asarray((good.sum(axis=1) + usual * steps) / (both.sum(axis=1) + steps))


def room(s: Sections) -> np.ndarray:
    """Semitones from the bass's mean pitch up to the melody's."""
    return np.asarray(_mean_pitch(s.melody) - _mean_pitch(s.bass))


def span(part: str) -> Callable[[Sections], np.ndarray]:
    """Semitones from the lowest pitch of a part to its highest."""

    def measure(s: Sections) -> np.ndarray:
        pitch = getattr(s, part)
        lowest = np.where(pitch == SILENT, 127, pitch).min(axis=1)
        return np.asarray(np.maximum(0, pitch.max(axis=1) - lowest))

    return measure


def pitches(s: Sections) -> np.ndarray:
    """How many different pitches the melody strikes."""
    used = np.zeros((len(s.tokens), MELODY_DEPTH), bool)
    rows, steps = np.nonzero(s.struck[:, :, 0])
    used[rows, s.tokens[rows, steps, 0]] = True
    return np.asarray(used.sum(axis=1))


def repeats(s: Sections) -> np.ndarray:
    """Share of the melody's intervals that are a repeated pitch."""
    interval, has = _intervals(s)
    return np.asarray((has & (interval == 0)).sum(axis=1) / np.maximum(1, has.sum(axis=1)))


def interval(s: Sections) -> np.ndarray:
    """The melody's mean interval, in semitones."""
    interval, has = _intervals(s)
    return np.asarray((interval * has).sum(axis=1) / np.maximum(1, has.sum(axis=1)))


def likeness(part: int) -> Callable[[Sections], np.ndarray]:
    """Of the events of any two bars, the share that is in both: the mean over all pairs."""

    def measure(s: Sections) -> np.ndarray:
        bars = s.tokens[:, :, part].reshape(len(s.tokens), -1, STEPS_PER_BAR)
        pairs = list(combinations(range(bars.shape[1]), 2))
        if not pairs:
            return np.ones(len(bars))
        one, other = (bars[:, list(side)] for side in zip(*pairs, strict=True))
        events = (one > 0) | (other > 0)  # (N, pairs, 16)
        alike = (events & (one == other)).sum(axis=2) / np.maximum(1, events.sum(axis=2))
        return np.asarray(alike.mean(axis=1))

    return measure


def groove(part: int) -> Callable[[Sections], np.ndarray]:
    """Of the 16 steps of any two bars, the share on which both strike or both do not.

    Source: groove consistency of Wu and Yang, "The Jazz Transformer on the Front Line",
    ISMIR 2020; there between neighbouring bars.
    """

    def measure(s: Sections) -> np.ndarray:
        bars = s.struck[:, :, part].reshape(len(s.struck), -1, STEPS_PER_BAR)
        pairs = list(combinations(range(bars.shape[1]), 2))
        if not pairs:
            return np.ones(len(bars))
        one, other = (bars[:, list(side)] for side in zip(*pairs, strict=True))
        return np.asarray((one == other).mean(axis=(1, 2)))

    return measure


def _onsets_a_bar(struck: np.ndarray) -> np.ndarray:
    return np.asarray(struck.reshape(len(struck), -1, STEPS_PER_BAR).sum(axis=2))


def _sounding(tokens: np.ndarray) -> np.ndarray:
    """Tokens of one voice to the pitch that sounds at each step, or SILENT."""
    last = np.maximum.accumulate(np.where(tokens > 0, np.arange(tokens.shape[1]), 0), axis=1)
    held = np.take_along_axis(tokens, last, axis=1)
    return np.where(held >= FIRST_PITCH_TOKEN, held + PITCH_OF_TOKEN, SILENT)


def _pitch_classes(pitch: np.ndarray) -> np.ndarray:
    """Steps that each pitch class sounds, float `(N, 12)`."""
    rows, steps = np.nonzero(pitch != SILENT)
    cells = rows * 12 + pitch[rows, steps] % 12
    return np.bincount(cells, minlength=12 * len(pitch)).reshape(-1, 12).astype(float)


def _mean_pitch(pitch: np.ndarray) -> np.ndarray:
    sounds = pitch != SILENT
    return np.asarray((pitch * sounds).sum(axis=1) / np.maximum(1, sounds.sum(axis=1)))


def _intervals(s: Sections) -> tuple[np.ndarray, np.ndarray]:
    """At each step the semitones to the melody note struck before, and whether there are any."""
    struck = s.struck[:, :, 0]
    steps = np.arange(struck.shape[1])
    last = np.maximum.accumulate(np.where(struck, steps, SILENT), axis=1)[:, :-1]  # before step 1..
    pitch = s.tokens[:, :, 0].astype(int)
    before = np.take_along_axis(pitch, np.maximum(last, 0), axis=1)
    return np.abs(pitch[:, 1:] - before), struck[:, 1:] & (last != SILENT)
