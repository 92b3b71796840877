"""Windows to measure on, chosen so that each tune counts alike, and training melodies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from generators.corpus import AS_FOUND, NO_DRUMS, Corpus
from generators.errors import CorpusError
from generators.music import PARTS, STEPS_PER_BAR


@dataclass(frozen=True, slots=True, eq=False)
class WindowSet:
    """Whole trios of one side of the split."""

    tokens: np.ndarray  # int64, (n, bars, 16, 3)
    tunes: np.ndarray  # int64, (n,): which tune each window is of
    names: tuple[str, ...]  # of each tune: "set/file"

    @property
    def sets(self) -> dict[str, int]:
        """Windows of each set of files."""
        return dict(Counter(self.names[tune].split("/")[0] for tune in self.tunes))

    @property
    def tune_count(self) -> int:
        return len(np.unique(self.tunes))


def by_tune(corpus: Corpus, bars: int, count: int, *, held_out: bool) -> WindowSet:
    """At most `count` windows of one side, as many of each tune as of any other.

    A tune is a cluster of files that are versions of one another. Long ones would else decide:
    in a corpus of songs and hymns, one song may have a hundred times a hymn's windows. Trios as
    they were found are taken; arranged ones, whose bass and drums a program wrote, only where a
    side has no other.

    Raises:
        CorpusError: the side has no window of that many bars.
    """
    windows = corpus.windows
    held = np.array([file.held_out for file in corpus.files])[corpus.window_files]
    fits = (windows[:, 3] + bars) * STEPS_PER_BAR <= corpus.tracks[windows[:, 0], 3]
    whole = (held == held_out) & fits & (windows[:, 2] != NO_DRUMS)
    found = whole & (windows[:, 4] == AS_FOUND)
    rows = np.flatnonzero(found if found.any() else whole)
    if not len(rows):
        side = "held-out" if held_out else "training"
        raise CorpusError(f"the corpus has no {side} trios of {bars} bars: add more files")
    clusters = [corpus.files[file].cluster for file in corpus.window_files[rows]]
    _, of_tune = np.unique(clusters, return_inverse=True)
    order = np.argsort(of_tune, kind="stable")
    tunes = np.split(rows[order], np.cumsum(np.bincount(of_tune))[:-1])
    tunes = [tunes[at] for at in _inner(len(tunes), count)]
    quota = _quota(np.array([len(tune) for tune in tunes]), count)
    chosen = [tune[_inner(len(tune), quota)] for tune in tunes]
    which = np.repeat(np.arange(len(tunes)), [len(tune) for tune in chosen])
    kept = _inner(len(which), count)
    first_files = [corpus.files[corpus.window_files[tune[0]]] for tune in tunes]
    names = tuple(f"{file.set_name}/{file.cluster}" for file in first_files)
    return WindowSet(_cut(corpus, np.concatenate(chosen)[kept], bars), which[kept], names)


def _cut(corpus: Corpus, rows: np.ndarray, bars: int) -> np.ndarray:
    """The tokens of windows, int64 `(n, bars, 16, 3)`."""
    windows = corpus.windows[rows]
    starts = corpus.tracks[windows[:, :3], 2] + windows[:, 3:4] * STEPS_PER_BAR  # (n, 3)
    at = starts[:, None] + np.arange(bars * STEPS_PER_BAR)[:, None]  # (n, steps, 3)
    tokens = np.asarray(corpus.tokens[at], np.int64)
    return tokens.reshape(len(rows), bars, STEPS_PER_BAR, len(PARTS))


def _inner(size: int, count: int) -> np.ndarray:
    """At most `count` places of `size`, evenly apart; not the first and last, which are sparse."""
    return np.asarray((np.arange(min(size, count)) + 0.5) * size / min(size, count)).astype(int)


def _quota(sizes: np.ndarray, count: int) -> int:
    """The fewest windows a tune with which all tunes together give `count`, or all there are."""
    quota = 1
    while quota < sizes.max() and np.minimum(sizes, quota).sum() < count:
        quota += 1
    return quota


def training_melodies(corpus: Corpus) -> tuple[list[np.ndarray], list[str]]:
    """Tokens of every melody track that may be trained on, and the file each is from."""
    tracks, names = [], []
    for file, part, offset, steps in corpus.tracks:
        source = corpus.files[file]
        if PARTS[part] == "melody" and not source.held_out:
            tracks.append(corpus.tokens[offset : offset + steps])
            names.append(f"{source.set_name}/{source.name}")
    if not tracks:
        raise CorpusError("the corpus has no training melodies: add more files")
    return tracks, names
