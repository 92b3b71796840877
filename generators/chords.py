"""Chords: how they are numbered, and which ones some notes imply.

A chord is a number: its kind times 12 plus its root's pitch class. A run's chords are one number
a beat, int16 `(beats,)`, so that they are cheap to keep beside its notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from generators.keys import PROFILES
from generators.music import STEPS_PER_BAR, STEPS_PER_QUARTER, Note
from generators.runs import ChordSymbol

NO_CHORD = -1
ROOTS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

# One row a kind: how it is written after its root, and its intervals above that in semitones.
KINDS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("", (0, 4, 7)),
    ("m", (0, 3, 7)),
    ("7", (0, 4, 7, 10)),
    ("m7", (0, 3, 7, 10)),
    ("dim", (0, 3, 6)),
    ("M7", (0, 4, 7, 11)),
    ("6", (0, 4, 7, 9)),
    ("m6", (0, 3, 7, 9)),
    ("m7b5", (0, 3, 6, 10)),
    ("dim7", (0, 3, 6, 9)),
    ("aug", (0, 4, 8)),
    ("aug7", (0, 4, 8, 10)),
    ("sus4", (0, 5, 7)),
    ("mM7", (0, 3, 7, 11)),
    ("9", (0, 2, 4, 7, 10)),
    ("m9", (0, 2, 3, 7, 10)),
    ("5", (0, 7)),
)
INFERRED_KINDS = 5  # the first so many can be inferred: finer ones, notes alone seldom tell apart

SPAN_STEPS = STEPS_PER_BAR // 2  # one chord is inferred for each half bar
BASS_BONUS = 0.35  # for a root that is the lowest note of its half bar
HIGHEST_BASS = 52  # MIDI pitch (E3)
KEY_BONUS = 0.25  # for a chord whose notes are all in the key around it
CHANGE_COST = 0.3  # a chord that stays is likelier than one that goes
BARLINE_COST = 0.1  # ... but less so from one bar to the next
KIND_COST = (0.0, 0.0, 0.06, 0.08, 0.1)  # plain triads first


def chord_name(chord: int) -> str:
    """As musicians (and mma) write it: "Ebm7"."""
    kind, root = divmod(chord, 12)
    return ROOTS[root] + KINDS[kind][0]


def chord_of(root: int, intervals: Iterable[int]) -> int:
    """The chord over `root` (pitch class) whose kind shares most with `intervals` (semitones)."""
    wanted = {interval % 12 for interval in intervals}

    def unlike(kind: int) -> tuple[int, int]:
        return len(wanted.symmetric_difference(KINDS[kind][1])), kind

    return min(range(len(KINDS)), key=unlike) * 12 + root % 12


def pitch_classes(chord: int) -> frozenset[int]:
    kind, root = divmod(chord, 12)
    return frozenset((root + interval) % 12 for interval in KINDS[kind][1])


def by_beat(symbols: Sequence[ChordSymbol], steps: int) -> np.ndarray:
    """Written chords as one a beat, int16 `(beats,)`; what comes before the first has none."""
    chords = np.full(steps // STEPS_PER_QUARTER, NO_CHORD, np.int16)
    for symbol in sorted(symbols, key=lambda s: s.step):
        chords[round(symbol.step / STEPS_PER_QUARTER) :] = symbol.chord
    return chords


def infer(notes: Iterable[Note], steps: int) -> np.ndarray:
    """The likeliest chord of each half bar, as one a beat: int16 `(beats,)`.

    Each half bar's pitch classes, by how long they sound, are compared with the triads and
    sevenths over every root; the best path through them (Viterbi) changes no oftener than it must.
    Half bars without a note keep the chord before.

    Args:
        notes: all pitched notes that sound, of every track.
        steps: length, whole bars.
    """
    sounding, lowest = _sounding(notes, steps)
    if np.ptp(sounding.sum(axis=0)) == 0:  # silence, or all twelve pitch classes alike
        return np.full(steps // STEPS_PER_QUARTER, NO_CHORD, np.int16)
    path = _best_path(_fits(sounding, lowest))
    return np.repeat(path.astype(np.int16), SPAN_STEPS // STEPS_PER_QUARTER)


def _sounding(notes: Iterable[Note], steps: int) -> tuple[np.ndarray, np.ndarray]:
    """How long each pitch class sounds in each span, and each span's lowest pitch (or 128)."""
    spans = steps // SPAN_STEPS
    sounding = np.zeros((spans, 12))
    lowest = np.full(spans, 128)
    for note in notes:
        for span in range(note.start // SPAN_STEPS, min(spans, -(-note.end // SPAN_STEPS))):
            begin = max(note.start, span * SPAN_STEPS)
            length = min(note.end, (span + 1) * SPAN_STEPS) - begin
            sounding[span, note.pitch % 12] += length
            if length > 1:
                lowest[span] = min(lowest[span], note.pitch)
    return sounding, lowest


def _templates() -> np.ndarray:
    """(chords, 12), each of length 1."""
    rows = np.zeros((INFERRED_KINDS * 12, 12))
    for chord in range(len(rows)):
        rows[chord, list(pitch_classes(chord))] = 1
        rows[chord, chord % 12] += 0.3  # the root is doubled more than the rest
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


_TEMPLATES = _templates()


def _fits(sounding: np.ndarray, lowest: np.ndarray) -> np.ndarray:
    """How well each chord fits each span, `(spans, chords)`."""
    loudness = np.sqrt(sounding)  # one long note shall not drown the rest
    norms = np.linalg.norm(loudness, axis=1, keepdims=True)
    fits = (loudness / np.maximum(norms, 1e-9)) @ _TEMPLATES.T
    roots = np.arange(len(_TEMPLATES)) % 12
    is_bass = lowest[:, None] <= HIGHEST_BASS  # a melody's lowest note says nothing
    fits += BASS_BONUS * (roots == lowest[:, None] % 12) * is_bass
    fits += KEY_BONUS * _in_key(sounding.sum(axis=0))
    fits -= np.repeat(KIND_COST, 12)
    return np.asarray(np.where(norms > 0, fits, 0.0))


def _in_key(sounding: np.ndarray) -> np.ndarray:
    """For each chord: is it of the key that all the notes are in?"""
    profiles = [np.roll(PROFILES[mode], tonic) for mode in PROFILES for tonic in range(12)]
    best = int(np.argmax([np.corrcoef(sounding, profile)[0, 1] for profile in profiles]))
    tonic, minor = best % 12, best >= 12
    scale = {
        (tonic + step) % 12
        for step in ((0, 2, 3, 5, 7, 8, 10, 11) if minor else (0, 2, 4, 5, 7, 9, 11))
    }
    return np.array([pitch_classes(chord) <= scale for chord in range(len(_TEMPLATES))])


def _best_path(fits: np.ndarray) -> np.ndarray:
    """Viterbi: the chords, one a span, of the greatest fit less the cost of changes."""
    came_from = np.zeros(fits.shape, np.int64)
    total = fits[0].copy()
    for span in range(1, len(fits)):
        best = int(np.argmax(total))
        cost = CHANGE_COST - BARLINE_COST * (span % 2 == 0)
        changed = total[best] - cost
        came_from[span] = np.where(total >= changed, np.arange(len(total)), best)
        total = np.maximum(total, changed) + fits[span]
    path = [int(np.argmax(total))]
    for span in range(len(fits) - 1, 0, -1):
        path.append(int(came_from[span, path[-1]]))
    return np.array(path[::-1])
