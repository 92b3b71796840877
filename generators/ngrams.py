"""What tunes have in common: hashes of eight notes in a row, the same in every key.

Eight notes are seven intervals (semitones) and seven distances (steps from onset to onset).
Eight that hardly move are left out.
The hashes of the melodies a model was trained on are kept beside its weights, so that a piece
can be asked how much of it is theirs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from generators.errors import WeightsError
from generators.events import FIRST_PITCH_TOKEN
from generators.music import PARTS

if TYPE_CHECKING:  # building one needs much that an air check does not
    from generators.corpus import Corpus

NOTES = 8
LONGEST_STEPS = 32  # onsets further apart than two bars are all as far
LEAST_MOVES = 3  # of seven intervals: one pitch over and over is nobody's tune
KNOWN = "known.npy"  # in a model folder
MOST_KNOWN = 240_000  # hashes of 32 bits: a file below 1 MB
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def melody_ngrams(melodies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The n-grams of melodies `(N, steps)`, as tokens, each melody by itself.

    Returns:
        The hash of each, uint64 `(M,)`, and the row it is from, `(M,)`, ascending.
    """
    rows, steps = np.nonzero(melodies >= FIRST_PITCH_TOKEN)
    if len(rows) < NOTES:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    pitches = melodies[rows, steps].astype(np.int64)
    moves = (np.diff(pitches) + 128) * 64 + np.minimum(np.diff(steps), LONGEST_STEPS)
    mixed = _mix(moves.astype(np.uint64))
    windows = np.lib.stride_tricks.sliding_window_view(mixed, NOTES - 1)
    hashes = np.zeros(len(windows), np.uint64)
    for place in range(NOTES - 1):
        hashes = hashes * _MULTIPLIER + windows[:, place]
    moving = np.lib.stride_tricks.sliding_window_view(np.diff(pitches) != 0, NOTES - 1).sum(axis=1)
    tune = (moving >= LEAST_MOVES) & (rows[: len(windows)] == rows[NOTES - 1 :])
    return _mix(hashes[tune]), rows[: len(windows)][tune]


def known_melodies(corpus: Corpus) -> np.ndarray:
    """The n-grams of a corpus's training melodies: uint32, ascending, each once.

    Of more than MOST_KNOWN the smallest are kept. A hash is as good as drawn by lot, so they are
    a fair sample: up to the largest one kept, all that are known are there.
    """
    known = np.zeros(0, np.uint32)
    for file, part, offset, steps in corpus.tracks:
        if part == PARTS.index("melody") and not corpus.files[file].held_out:
            hashes, _ = melody_ngrams(corpus.tokens[None, offset : offset + steps])
            known = np.append(known, shortened(hashes))
            if len(known) > 4 * MOST_KNOWN:
                known = np.unique(known)[:MOST_KNOWN]
    return np.unique(known)[:MOST_KNOWN]


def known_shares(hashes: np.ndarray, rows: np.ndarray, count: int, known: np.ndarray) -> np.ndarray:
    """Of each of `count` melodies, the share of its n-grams that are known, 0..1 `(count,)`.

    Args:
        hashes, rows: what `melody_ngrams` gives.
        known: what `known_melodies` gives.
    """
    short = shortened(hashes)
    judged = np.ones(len(short), bool)
    if len(known) >= MOST_KNOWN:  # a sample: of what lies above it, nobody can tell
        judged = short <= known[-1]
    return shares(np.isin(short[judged], known), rows[judged], count)


def shares(found: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """Of each row's n-grams, the share that was found; 0 where there are none."""
    total = np.bincount(rows, minlength=count)
    return np.bincount(rows, weights=found, minlength=count) / np.maximum(1, total)


def shortened(hashes: np.ndarray) -> np.ndarray:
    """The upper halves: enough to tell a few hundred thousand apart."""
    return (hashes >> np.uint64(32)).astype(np.uint32)


def save_known(known: np.ndarray, folder: Path) -> None:
    """Put the known n-grams in a model folder, in one move."""
    partial = folder / (KNOWN + ".partial")
    with partial.open("wb") as file:
        np.save(file, known)
    partial.replace(folder / KNOWN)


def load_known(folder: Path) -> np.ndarray | None:
    """The known n-grams of a model folder; None where nobody has put any.

    Raises:
        WeightsError: the file is there and is something else.
    """
    path = folder / KNOWN
    try:
        known = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        raise WeightsError(f"{path} cannot be read: {error}. {_FIX}") from error
    if known.dtype != np.uint32 or known.ndim != 1 or (np.diff(known.astype(np.int64)) <= 0).any():
        raise WeightsError(f"{path} does not hold a list of known melodies. {_FIX}")
    return np.asarray(known)


_FIX = "Restore it from the repository, or remove it: pieces are then not compared with it."


def _mix(values: np.ndarray) -> np.ndarray:
    """Spread 64 bits over 64 bits. Source: SplitMix64 of Steele, Lea and Flood, OOPSLA 2014."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))
