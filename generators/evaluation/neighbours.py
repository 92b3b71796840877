"""Does it copy? The longest stretch of melody each sample shares with the training melodies.

A melody is read as a row of moves: semitones and sixteenths from each note to the next, so the
same tune in another key is the same, and how long notes are held does not matter. Stretches are
compared by 64-bit hashes (Karp and Rabin 1987), all at once, never pair by pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generators.events import FIRST_PITCH_TOKEN
from generators.music import STEPS_PER_BAR
from generators.ngrams import melody_ngrams

LEAST_NOTES_IN_TWO_BARS = 4  # with fewer, everything was played before
LONGEST_MOVE_STEPS = 4 * STEPS_PER_BAR  # longer rests count as this long
_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, else early moves would vanish from the hash


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """The moves of many melodies, end to end."""

    codes: np.ndarray  # uint64, (moves,): interval and steps, scrambled
    moved: np.ndarray  # int64, (moves + 1,): moves before each that change the pitch
    melody: np.ndarray  # int64, (moves,): which melody each belongs to
    melodies: int


def moves_of(melodies: Sequence[np.ndarray]) -> Moves:
    """Melodies as tokens, each `(steps,)` of any length."""
    lengths = [len(tokens) for tokens in melodies]
    tokens = np.concatenate(melodies).astype(np.int64)
    onsets = np.flatnonzero(tokens >= FIRST_PITCH_TOKEN)
    melody = np.repeat(np.arange(len(melodies)), lengths)[onsets]
    steps = np.diff(onsets).clip(max=LONGEST_MOVE_STEPS)
    intervals = np.diff(tokens[onsets])
    codes = (intervals + 128) * 128 + steps
    inside = melody[1:] == melody[:-1]
    moved = np.concatenate([[0], np.cumsum(intervals[inside] != 0)])
    return Moves(_scrambled(codes[inside]), moved, melody[1:][inside], len(melodies))


def _scrambled(codes: np.ndarray) -> np.ndarray:
    """Each number as 64 bits that look random (Steele et al. 2014, splitmix64's last part)."""
    z = codes.astype(np.uint64) + np.uint64(1)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def longest_shared(samples: Moves, known: Moves) -> tuple[np.ndarray, np.ndarray]:
    """For each sampled melody: notes of its longest stretch that is known too, and where.

    A note that repeats the pitch before it is not counted: one note over and over is nobody's
    tune.

    Returns:
        Notes `(n,)`, 0 where nothing is shared; and the number of a known melody that holds the
        stretch `(n,)`, -1 where there is none.
    """
    longest, nearest = np.zeros(samples.melodies, np.int64), np.full(samples.melodies, -1)
    ours, theirs = np.arange(len(samples.codes)), np.arange(len(known.codes))
    length, hash_ours, hash_theirs = 1, samples.codes, known.codes
    while len(ours) and len(theirs):
        order = np.argsort(hash_theirs, kind="stable")
        sorted_theirs = hash_theirs[order]
        at = np.searchsorted(sorted_theirs, hash_ours).clip(max=len(order) - 1)
        shared = sorted_theirs[at] == hash_ours
        found, where = ours[shared], theirs[order[at[shared]]]
        notes = samples.moved[found + length] - samples.moved[found] + 1
        better = np.flatnonzero(notes > longest[samples.melody[found]])
        better = better[np.argsort(notes[better], kind="stable")]  # the most notes stay last
        longest[samples.melody[found[better]]] = notes[better]
        nearest[samples.melody[found[better]]] = known.melody[where[better]]
        # Only what was shared so far can be shared for longer.
        wanted = np.isin(hash_theirs, hash_ours[shared])
        ours, hash_ours = _longer(samples, found, hash_ours[shared], length)
        theirs, hash_theirs = _longer(known, theirs[wanted], hash_theirs[wanted], length)
        length += 1
    return longest, nearest


def _longer(
    moves: Moves, starts: np.ndarray, hashes: np.ndarray, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """The runs that go on for another move within their melody, and their hashes."""
    following = starts + length
    fits = following < len(moves.codes)
    fits[fits] = moves.melody[following[fits]] == moves.melody[starts[fits]]
    return starts[fits], hashes[fits] * _BASE + moves.codes[following[fits]]


def known_share(samples: Sequence[np.ndarray], known: Sequence[np.ndarray]) -> float:
    """Share of the samples' eight notes on end that some known melody has; 0..1 or nan.

    As `generators.ngrams` hears them: eight that hardly move do not count.
    """
    ours, theirs = (
        np.concatenate([melody_ngrams(tokens[None])[0] for tokens in melodies])
        for melodies in (samples, known)
    )
    return float(np.isin(ours, theirs).mean()) if len(ours) else np.nan


def two_bar_hashes(melodies: Sequence[np.ndarray]) -> np.ndarray:
    """Of every two bars on end with notes enough, uint64: what is struck when, in any key."""
    pairs = []
    for tokens in melodies:
        bars = tokens[: len(tokens) // STEPS_PER_BAR * STEPS_PER_BAR].reshape(-1, STEPS_PER_BAR)
        pairs.append(np.concatenate([bars[:-1], bars[1:]], axis=1).astype(np.int16))
    pattern = np.concatenate(pairs)  # (pairs, 32)
    struck = pattern >= FIRST_PITCH_TOKEN
    pattern, struck = (a[struck.sum(axis=1) >= LEAST_NOTES_IN_TWO_BARS] for a in (pattern, struck))
    if not len(pattern):
        return np.zeros(0, np.uint64)
    first = pattern[np.arange(len(pattern)), struck.argmax(axis=1)]
    relative = np.where(struck, pattern - first[:, None] + 128, 0)
    found = np.zeros(len(pattern), np.uint64)
    for step in range(relative.shape[1]):
        found = found * _BASE + _scrambled(relative[:, step])
    return found


def known_two_bars(samples: Sequence[np.ndarray], known: Sequence[np.ndarray]) -> float:
    """Share of the samples' two bars on end that some known melody has; 0..1 or nan."""
    ours = two_bar_hashes(samples)
    return float(np.isin(ours, two_bar_hashes(known)).mean()) if len(ours) else np.nan
