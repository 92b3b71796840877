"""The key of a trio, and the way from one key to a related one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from generators.music import Note, Trio

PITCH_CLASSES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
TONICS = {name: tonic for tonic, name in enumerate(PITCH_CLASSES)}
TONICS |= {"C#": 1, "D#": 3, "Gb": 6, "G#": 8, "A#": 10}  # as people write them too

# How well each pitch class fits a key whose tonic is first: Krumhansl and Kessler, "Tracing the
# Dynamic Changes in Perceived Tonal Organization", Psychological Review 89 (1982).
PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
BASS_WEIGHT = 2.0  # the bass says more about the key than its few notes would


@dataclass(frozen=True, slots=True)
class Key:
    tonic: int  # pitch class, 0 is C
    mode: str  # "major" or "minor"

    def __str__(self) -> str:
        return f"{PITCH_CLASSES[self.tonic]} {self.mode}"

    @property
    def signature(self) -> int:
        """The tonic of the major key with the same notes."""
        return self.tonic if self.mode == "major" else (self.tonic + 3) % 12

    def transposed(self, semitones: int) -> Key:
        return Key((self.tonic + semitones) % 12, self.mode)


KEYS = tuple(Key(tonic, mode) for mode in PROFILES for tonic in range(12))


def parse_key(text: str) -> Key:
    """The inverse of `str(key)`; reads "C# minor" and the like too.

    Raises:
        ValueError: the text names no key.
    """
    name, _, mode = text.partition(" ")
    if name not in TONICS or mode not in PROFILES:
        raise ValueError(f"{text!r} is not a key; write one like 'A minor'")
    return Key(TONICS[name], mode)


def _shape(key: Key) -> np.ndarray:
    """A key's profile, of mean 0 and length 1: its product with another is their correlation."""
    profile = np.roll(PROFILES[key.mode], key.tonic)
    profile = profile - profile.mean()
    return np.asarray(profile / np.linalg.norm(profile))


KEY_SHAPES = np.stack([_shape(key) for key in KEYS])  # (24, 12)


def find_key(trio: Trio) -> Key:
    """Correlate how long each pitch class sounds with the 24 profiles (Krumhansl-Schmuckler)."""
    sounding = np.zeros(12)
    for notes, weight in ((trio.melody, 1.0), (trio.bass, BASS_WEIGHT)):
        for note in notes:
            sounding[note.pitch % 12] += weight * (note.end - note.start)
    if np.ptp(sounding) == 0:  # nothing to tell one key from another by
        return Key(0, "major")
    fits = KEY_SHAPES @ (sounding - sounding.mean())
    return KEYS[int(np.argmax(fits.round(6)))]  # of equal ones the first, however products round


def how_well_in(key: Key, notes: Iterable[Note]) -> float:
    """Correlation of how long each pitch class sounds with the key's profile, -1..1."""
    sounding = np.zeros(12)
    for note in notes:
        sounding[note.pitch % 12] += note.end - note.start
    sounding = sounding - sounding.mean()
    length = float(np.linalg.norm(sounding))
    return float(_shape(key) @ sounding) / length if length else 0.0


def way_to_related(old: Key, new: Key) -> int:
    """The fewest semitones that bring `new` within one step of `old` on the circle of fifths.

    Returns:
        -6..6; of two equal ways, the one down.
    """
    return min(
        (shift for shift in range(-6, 7) if fifths_apart(old, new.transposed(shift)) <= 1),
        key=lambda shift: (abs(shift), shift),
    )


def way_to_signature(key: Key, signature: int) -> int:
    """The fewest semitones that give `key` the signature: -6..5.

    Args:
        signature: the tonic of the major key that has it; any whole number, as a pitch class.
    """
    return (signature - key.signature + 6) % 12 - 6


def fifths_apart(one: Key, other: Key) -> int:
    """Steps between their signatures on the circle of fifths, 0..6."""
    steps = (one.signature - other.signature) * 7 % 12
    return min(steps, 12 - steps)
