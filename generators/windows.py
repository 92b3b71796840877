"""Batches of windows from a corpus: transposed, and now and then under other drums."""

from __future__ import annotations

import numpy as np

from generators.config import TrainingConfig
from generators.corpus import AS_FOUND, NO_DRUMS, Corpus
from generators.errors import CorpusError
from generators.events import HARMONIC_PARTS, transpose
from generators.music import PARTS, STEPS_PER_BAR

# How often each kind of window is drawn, where a corpus has all three. The trios that somebody
# wrote are few and idiomatic; what stands under borrowed drums is mostly slow (hymns, art songs);
# what was arranged has more melodies than both, but its basses and drums follow a few rules.
MIX = {"trio": 2.0, "borrowed drums": 1.0, "arranged": 3.0}  # found : arranged is 1 : 1
KINDS = tuple(MIX)


class Windows:
    """The windows of one side of the split, for a model of `bars` bars."""

    def __init__(self, corpus: Corpus, bars: int, *, held_out: bool) -> None:
        self._tokens = corpus.tokens
        self._tracks = corpus.tracks
        self._steps = bars * STEPS_PER_BAR
        held = np.array([file.held_out for file in corpus.files])
        ends = (corpus.windows[:, 3] + bars) * STEPS_PER_BAR
        fits = ends <= corpus.tracks[corpus.windows[:, 0], 3]
        self._windows = corpus.windows[fits & (held[corpus.window_files] == held_out)]
        if not len(self._windows):
            side = "held-out" if held_out else "training"
            raise CorpusError(f"the corpus has no {side} windows of {bars} bars: add more files")
        self._kinds = np.where(
            self._windows[:, 4] != AS_FOUND, 2, np.where(self._windows[:, 2] == NO_DRUMS, 1, 0)
        )
        self._cumulated = np.cumsum(self._weights(corpus))
        self._drum_tracks = self._drums_as_found(corpus, held == held_out)

    def __len__(self) -> int:
        return len(self._windows)

    @property
    def counts(self) -> dict[str, int]:
        """How many windows there are of each kind in MIX."""
        return {kind: int((self._kinds == at).sum()) for at, kind in enumerate(KINDS)}

    def _weights(self, corpus: Corpus) -> np.ndarray:
        """How often each window is drawn, `(windows,)`, adding up to 1.

        Within a kind a song, all its versions and arrangements together, counts by the square
        root of its windows, else three songs are half of all.
        """
        names = {name: at for at, name in enumerate(dict.fromkeys(f.cluster for f in corpus.files))}
        clusters = np.array([names[file.cluster] for file in corpus.files])
        songs = clusters[self._tracks[self._windows[:, 0], 0]]
        weights = np.zeros(len(self._windows))
        for at, kind in enumerate(KINDS):
            rows = np.flatnonzero(self._kinds == at)
            if len(rows):
                roots = 1 / np.sqrt(np.bincount(songs[rows])[songs[rows]])
                weights[rows] = MIX[kind] * roots / roots.sum()
        return np.asarray(weights / weights.sum())

    def _drums_as_found(self, corpus: Corpus, on_this_side: np.ndarray) -> np.ndarray:
        """Drum tracks to borrow from: those that somebody played or wrote."""
        arranged = np.zeros(len(self._tracks), bool)
        arranged[corpus.windows[corpus.windows[:, 4] != AS_FOUND, 2]] = True
        return np.flatnonzero(
            (self._tracks[:, 1] == PARTS.index("drums"))
            & (self._tracks[:, 3] >= self._steps)
            & on_this_side[self._tracks[:, 0]]
            & ~arranged
        )

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Random rows of the corpus's table of windows, `(size, 5)`, as MIX says."""
        chosen = np.searchsorted(self._cumulated, rng.random(size)).clip(max=len(self) - 1)
        return np.asarray(self._windows[chosen])

    def batch(self, rng: np.random.Generator, size: int, config: TrainingConfig) -> np.ndarray:
        """Random windows, int64 `(size, bars, 16, 3)`, augmented."""
        windows = self.draw(rng, size)
        tokens = self._cut(windows)
        swapped = rng.random(size) < config.swapped_drums
        borrowing = np.flatnonzero(swapped | (windows[:, 2] == NO_DRUMS))
        tokens[borrowing, :, 2] = self._any_drums(rng, len(borrowing))
        low, high = config.transpose_semitones
        shifts = rng.integers(low, high + 1, size)[:, None, None]
        voices = tokens[..., :HARMONIC_PARTS]
        tokens[..., :HARMONIC_PARTS] = transpose(voices, shifts)
        return self._in_bars(tokens)

    def spread(self, count: int) -> np.ndarray:
        """`count` trios spread evenly over the side, as they are: `(count, bars, 16, 3)`.

        Trios as somebody wrote them; only where there are none, arranged ones.
        """
        trios = self._windows[self._kinds == 0]
        if not len(trios):
            trios = self._windows[self._kinds == 2]
        at = np.linspace(0, len(trios) - 1, min(count, len(trios))).astype(int)
        return self._in_bars(self._cut(trios[at]))

    def _cut(self, windows: np.ndarray) -> np.ndarray:
        tracks = windows[:, :3]
        tracks = np.where(tracks == NO_DRUMS, windows[:, :1], tracks)  # until drums are borrowed
        starts = self._tracks[tracks, 2] + windows[:, 3, None] * STEPS_PER_BAR  # (B, 3)
        at = starts[:, None, :] + np.arange(self._steps)[None, :, None]
        return np.asarray(self._tokens[at], np.int64)  # (B, steps, 3)

    def _any_drums(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """(count, steps); without any drums on this side, none are played."""
        if not len(self._drum_tracks):
            return np.zeros((count, self._steps), np.int64)
        tracks = self._tracks[self._drum_tracks[rng.integers(0, len(self._drum_tracks), count)]]
        bars = (tracks[:, 3] - self._steps) // STEPS_PER_BAR
        starts = tracks[:, 2] + rng.integers(0, bars + 1) * STEPS_PER_BAR
        return np.asarray(self._tokens[starts[:, None] + np.arange(self._steps)], np.int64)

    def _in_bars(self, tokens: np.ndarray) -> np.ndarray:
        return tokens.reshape(len(tokens), -1, STEPS_PER_BAR, len(PARTS))
