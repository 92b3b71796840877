"""What can be counted in a trio: small pure functions, and the table of what is compared.

A function gives one value a trio, or one a note, or none where it is undefined (no melody has no
intervals). Sources: Yang and Lerch, "On the evaluation of generative models in music", Neural
Computing and Applications 32 (2020): counts, ranges, lengths, intervals; Wu and Yang, "The Jazz
Transformer on the Front Line" (ISMIR 2020): pitch-class entropy, grooving similarity; Mogren,
"C-RNN-GAN" (2016): scale consistency; Dong et al., "MusPy" (ISMIR 2020): their definitions side
by side; Dong et al., "MuseGAN" (AAAI 2018): empty bars.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from generators.music import PARTS, STEPS_PER_BAR, Note, Trio

DIATONIC = frozenset({0, 2, 4, 5, 7, 9, 11})  # a minor scale is the major scale of its relative
CONSONANT = frozenset({0, 3, 4, 7, 8, 9})  # semitones over the bass: thirds, fifth, sixths, octave
Notes = Sequence[Note]


def onsets_a_bar(notes: Notes, steps: int) -> list[float]:
    """Steps on which something is struck, a bar: a chord of drums is one."""
    return [len({note.start for note in notes}) * STEPS_PER_BAR / steps]


def pitch_range(notes: Notes) -> list[float]:
    """Semitones from the lowest to the highest note."""
    pitches = [note.pitch for note in notes]
    return [max(pitches) - min(pitches)] if pitches else []


def note_lengths(notes: Notes) -> list[float]:
    """Steps each note lasts."""
    return [note.end - note.start for note in notes]


def intervals(notes: Notes) -> list[float]:
    """Semitones from each note to the next, above 0 upwards."""
    return [after.pitch - before.pitch for before, after in pairwise(sorted(notes))]


def pitch_class_entropy(trio: Trio) -> list[float]:
    """Bits: 0 when melody and bass keep to one pitch class, 3.58 when all twelve are alike."""
    classes = _pitch_classes(trio)
    if not classes.any():
        return []
    shares = classes[classes > 0] / classes.sum()
    return [float(-(shares * np.log2(shares)).sum()) + 0.0]


def scale_consistency(trio: Trio) -> list[float]:
    """Share of melody's and bass's notes in the major or minor scale that fits them best."""
    classes = _pitch_classes(trio)
    if not classes.any():
        return []
    fits = [sum(classes[(tonic + step) % 12] for step in DIATONIC) for tonic in range(12)]
    return [float(max(fits) / classes.sum())]


def groove_consistency(trio: Trio) -> list[float]:
    """1 minus the share of steps on which one bar strikes something and the next does not."""
    struck = np.zeros(trio.steps, bool)
    struck[[note.start for part in PARTS for note in getattr(trio, part)]] = True
    bars = struck.reshape(-1, STEPS_PER_BAR)
    return [float(1 - (bars[1:] != bars[:-1]).mean())] if len(bars) > 1 else []


def consonance(trio: Trio) -> list[float]:
    """Of the steps on which melody and bass sound: the share with a consonance between them."""
    melody, bass = (_sounding(notes, trio.steps) for notes in (trio.melody, trio.bass))
    both = (melody >= 0) & (bass >= 0)
    if not both.any():
        return []
    return [float(np.isin((melody - bass)[both] % 12, list(CONSONANT)).mean())]


def repetition(notes: Notes, steps: int) -> list[float]:
    """What neighbouring bars share of all that either strikes, a mean over the neighbours."""
    bars: list[set[tuple[int, int]]] = [set() for _ in range(steps // STEPS_PER_BAR)]
    for note in notes:
        bars[note.start // STEPS_PER_BAR].add((note.start % STEPS_PER_BAR, note.pitch))
    shared = [len(one & other) / len(one | other) for one, other in pairwise(bars) if one | other]
    return [math.fsum(shared) / len(shared)] if shared else []


def empty_bars(trio: Trio) -> list[float]:
    """Share of bars in which a part strikes nothing, over the three parts."""
    bars = trio.steps // STEPS_PER_BAR
    alive = [{note.start // STEPS_PER_BAR for note in getattr(trio, part)} for part in PARTS]
    return [1 - sum(len(each) for each in alive) / (bars * len(PARTS))]


def _pitch_classes(trio: Trio) -> np.ndarray:
    """Notes of melody and bass of each pitch class, `(12,)`."""
    return np.bincount([n.pitch % 12 for n in trio.melody + trio.bass], minlength=12)


def _sounding(notes: Notes, steps: int) -> np.ndarray:
    """The pitch that sounds at each step, -1 in silence."""
    pitches = np.full(steps, -1)
    for note in sorted(notes):
        pitches[note.start : note.end] = note.pitch
    return pitches


@dataclass(frozen=True, slots=True)
class Feature:
    """A function of a trio, and the bins its values are counted in; what lies outside, at the ends.

    Bins are of one width; a feature that counts whole numbers has one bin a number.
    """

    name: str
    unit: str
    low: float  # where the first bin begins
    high: float  # where the last one ends
    bins: int
    values: Callable[[Trio], list[float]]


FEATURES = (
    *(
        Feature(f"{part} density", "onsets a bar", 0, 16, 16, values)
        for part, values in (
            ("melody", lambda t: onsets_a_bar(t.melody, t.steps)),
            ("bass", lambda t: onsets_a_bar(t.bass, t.steps)),
            ("drums", lambda t: onsets_a_bar(t.drums, t.steps)),
        )
    ),
    Feature("melody range", "semitones", -0.5, 35.5, 18, lambda t: pitch_range(t.melody)),
    Feature("bass range", "semitones", -0.5, 35.5, 18, lambda t: pitch_range(t.bass)),
    Feature("pitch-class entropy", "bits", 0, 3.6, 18, pitch_class_entropy),
    Feature("scale consistency", "share of notes", 0.5, 1, 20, scale_consistency),
    Feature("melody note lengths", "sixteenths", 0.5, 16.5, 16, lambda t: note_lengths(t.melody)),
    Feature("bass note lengths", "sixteenths", 0.5, 16.5, 16, lambda t: note_lengths(t.bass)),
    Feature("melody intervals", "semitones", -12.5, 12.5, 25, lambda t: intervals(t.melody)),
    Feature("bass intervals", "semitones", -12.5, 12.5, 25, lambda t: intervals(t.bass)),
    Feature("groove consistency", "share of steps", 0, 1, 20, groove_consistency),
    Feature("bass-melody consonance", "share of steps", 0, 1, 20, consonance),
    *(
        Feature(f"{part} repetition", "share of notes", 0, 1, 20, values)
        for part, values in (
            ("melody", lambda t: repetition(t.melody, t.steps)),
            ("bass", lambda t: repetition(t.bass, t.steps)),
            ("drums", lambda t: repetition(t.drums, t.steps)),
        )
    ),
    Feature("empty bars", "share of parts' bars", 0, 1, 12, empty_bars),
)
