"""How far apart two bars are, and how much melody and bass clash inside them.

A bar is described three ways: which pitch classes sound (of melody and bass, by duration), where
in the bar something is struck (melody, bass, and the drums in three), and how much is struck (by
part). The distance between two bars is the mean of the three Euclidean distances, each in units
of its own mean between neighbouring bars of held-out music. So no description drowns another,
and 1 is the usual step from a bar of music to the next.

Sources: pitch class profiles, Fujishima, "Realtime Chord Recognition of Musical Sound", ICMC
1999; onset vectors compared place by place, Toussaint, "A Comparison of Rhythmic Similarity
Measures", ISMIR 2004; features scaled by their spread inside music, after Yang and Lerch, "On the
Evaluation of Generative Models in Music", Neural Computing and Applications 32 (2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generators.events import DRUM_BIT, DRUM_KINDS
from generators.music import PARTS, STEPS_PER_BAR, Note, Trio
from generators.sections import CONSONANT, SILENT

HARMONIC = ("melody", "bass")
# Kick; snare and toms; hi-hats and cymbals: three rhythms, of which the last would hide the first.
DRUM_VOICE = tuple(
    0 if name == "kick" else 1 if name == "snare" or "tom" in name else 2 for name, _ in DRUM_KINDS
)
VOICES = len(HARMONIC) + len(set(DRUM_VOICE))
PITCH = slice(0, 12 * len(HARMONIC))
ONSETS = slice(PITCH.stop, PITCH.stop + VOICES * STEPS_PER_BAR)
DENSITY = slice(ONSETS.stop, ONSETS.stop + len(PARTS))
WIDTH = DENSITY.stop
# Of each description, its mean distance between neighbouring bars of 1000 held-out windows.
DESCRIPTIONS = ((PITCH, 0.97), (ONSETS, 2.19), (DENSITY, 0.12))
STILL = 0.5  # pieces that stand nearly still are taken to move this much: half a usual step


def bar_vectors(trio: Trio) -> np.ndarray:
    """Each bar described, float64 `(bars, WIDTH)`.

    Pitch classes are shares of the bar in which they sound, onsets are 0 or 1, densities are
    steps struck over the steps there are.
    """
    bars = trio.steps // STEPS_PER_BAR
    vectors = np.zeros((bars, WIDTH))
    onsets = np.zeros((bars, VOICES, STEPS_PER_BAR))
    for voice, part in enumerate(HARMONIC):
        for note in getattr(trio, part):
            onsets[note.start // STEPS_PER_BAR, voice, note.start % STEPS_PER_BAR] = 1
        pitch = sounding(getattr(trio, part), trio.steps).reshape(bars, STEPS_PER_BAR)
        for pitch_class in range(12):
            sounds = (pitch != SILENT) & (pitch % 12 == pitch_class)
            vectors[:, 12 * voice + pitch_class] = sounds.mean(axis=1)
    for note in trio.drums:
        voice = len(HARMONIC) + DRUM_VOICE[DRUM_BIT.get(note.pitch, 0)]
        onsets[note.start // STEPS_PER_BAR, voice, note.start % STEPS_PER_BAR] = 1
    vectors[:, ONSETS] = onsets.reshape(bars, -1)
    struck = (onsets[:, :1], onsets[:, 1:2], onsets[:, 2:])  # melody, bass, drums
    vectors[:, DENSITY] = np.stack([s.any(axis=1).mean(axis=1) for s in struck], axis=1)
    return vectors


def distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Between each of some bars described and each of others: `(n, WIDTH)`, `(m, WIDTH)` to
    `(n, m)`."""
    total = np.zeros((len(one), len(other)))
    for at, usual in DESCRIPTIONS:
        squares = (one[:, at] ** 2).sum(axis=1)[:, None] + (other[:, at] ** 2).sum(axis=1)
        total += np.sqrt(np.maximum(0, squares - 2 * one[:, at] @ other[:, at].T)) / usual
    return total / len(DESCRIPTIONS)


def bar_distances(*trios: Trio) -> np.ndarray:
    """From each bar to the next, through all trios end to end: float64 `(bars - 1,)`."""
    return neighbours(np.concatenate([bar_vectors(trio) for trio in trios]))


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps along a join from bar to bar, against those inside the pieces it joins."""

    median: float  # of the join's, over the median inside
    worst: float  # the join's largest, over the 95th percentile inside


def join_steps(old: np.ndarray, bridge: np.ndarray, new: np.ndarray) -> Steps:
    """How even the way is from the last bar of `old` through the bridge to the first of `new`.

    Args:
        old: bars described, in order, up to the one that is left: `(at least 1, WIDTH)`.
        bridge: its bars, `(0 or more, WIDTH)`.
        new: `(at least 1, WIDTH)`.
    """
    along = neighbours(np.concatenate([old[-1:], bridge, new[:1]]))
    inside = np.concatenate([neighbours(old), neighbours(new)])
    median, most = (np.median(inside), np.percentile(inside, 95)) if len(inside) else (1.0, 1.0)
    return Steps(
        median=float(np.median(along) / max(STILL, median)),
        worst=float(along.max() / max(STILL, most)),
    )


def neighbours(vectors: np.ndarray) -> np.ndarray:
    """From each bar described to the next, float64 `(bars - 1,)`."""
    apart = np.diff(vectors, axis=0)
    scaled = [np.linalg.norm(apart[:, at], axis=1) / usual for at, usual in DESCRIPTIONS]
    return np.asarray(np.mean(scaled, axis=0))


def moved(vectors: np.ndarray, semitones: int) -> np.ndarray:
    """The same bars, melody and bass transposed."""
    up = vectors.copy()
    for voice in range(len(HARMONIC)):
        at = slice(12 * voice, 12 * voice + 12)
        up[..., at] = np.roll(vectors[..., at], semitones, axis=-1)
    return up


def silenced(vectors: np.ndarray, rests: str) -> np.ndarray:
    """The same bars, the parts with these initials resting: see `generators.music.Bar.rests`."""
    quiet = vectors.copy()
    quiet[..., DENSITY][..., [part[0] in rests for part in PARTS]] = 0
    onsets = quiet[..., ONSETS].reshape(*vectors.shape[:-1], VOICES, STEPS_PER_BAR)
    for voice, part in enumerate(HARMONIC):
        if part[0] in rests:
            quiet[..., 12 * voice : 12 * voice + 12] = 0
            onsets[..., voice, :] = 0
    if "d" in rests:
        onsets[..., len(HARMONIC) :, :] = 0
    quiet[..., ONSETS] = onsets.reshape(*vectors.shape[:-1], -1)
    return quiet


def clashes(trio: Trio) -> np.ndarray:
    """Steps of each bar on which melody and bass sound a dissonance, float64 `(bars,)`.

    Dissonant are seconds, sevenths and the tritone: see `generators.sections.CONSONANT`.
    """
    bad, _ = _together(trio)
    return np.asarray(bad.reshape(-1, STEPS_PER_BAR).sum(axis=1), float)


def clash(trio: Trio) -> float:
    """Share of the time that melody and bass sound together on a dissonance, 0..1."""
    bad, both = _together(trio)
    return float(bad.sum() / max(1, both.sum()))


def sounding(notes: Sequence[Note], steps: int) -> np.ndarray:
    """The MIDI pitch that sounds at each step, or SILENT: int `(steps,)`."""
    pitch = np.full(steps, SILENT)
    for note in sorted(notes):
        pitch[note.start : note.end] = note.pitch
    return pitch


def _together(trio: Trio) -> tuple[np.ndarray, np.ndarray]:
    """Steps on which melody and bass sound a dissonance, and on which both sound, `(steps,)`."""
    melody, bass = (sounding(getattr(trio, part), trio.steps) for part in HARMONIC)
    both = (melody != SILENT) & (bass != SILENT)
    return both & ~CONSONANT[(melody - bass) % 12], both
