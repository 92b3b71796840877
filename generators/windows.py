"""Batches of windows from a corpus: transposed, and now and then under other drums."""

from __future__ import annotations

import numpy as np

from generators.config import TrainingConfig
from generators.corpus import NO_DRUMS, Corpus
from generators.errors import CorpusError
from generators.events import HARMONIC_PARTS, transpose
from generators.music import PARTS, STEPS_PER_BAR


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
        self._weights = self._song_weights(corpus)
        self._drum_tracks = np.flatnonzero(
            (corpus.tracks[:, 1] == PARTS.index("drums"))
            & (corpus.tracks[:, 3] >= self._steps)
            & (held[corpus.tracks[:, 0]] == held_out)
        )

    def __len__(self) -> int:
        return len(self._windows)

    def _song_weights(self, corpus: Corpus) -> np.ndarray:
        """A song counts by the square root of its windows, else three songs are half of all."""
        clusters = [corpus.files[file].cluster for file in corpus.tracks[self._windows[:, 0], 0]]
        _, which, counts = np.unique(clusters, return_inverse=True, return_counts=True)
        weights = 1 / np.sqrt(counts[which])
        return np.asarray(np.cumsum(weights) / weights.sum())

    def batch(self, rng: np.random.Generator, size: int, config: TrainingConfig) -> np.ndarray:
        """Random windows, int64 `(size, bars, 16, 3)`, augmented."""
        chosen = np.searchsorted(self._weights, rng.random(size)).clip(max=len(self) - 1)
        tokens = self._cut(self._windows[chosen])
        swapped = rng.random(size) < config.swapped_drums
        for row in np.flatnonzero(swapped | (self._windows[chosen, 2] == NO_DRUMS)):
            tokens[row, :, 2] = self._any_drums(rng)
        low, high = config.transpose_semitones
        shifts = rng.integers(low, high + 1, size)[:, None, None]
        voices = tokens[..., :HARMONIC_PARTS]
        tokens[..., :HARMONIC_PARTS] = transpose(voices, shifts)
        return self._in_bars(tokens)

    def spread(self, count: int) -> np.ndarray:
        """`count` whole trios spread evenly over the side, as they are: `(count, bars, 16, 3)`."""
        trios = self._windows[self._windows[:, 2] != NO_DRUMS]
        at = np.linspace(0, len(trios) - 1, min(count, len(trios))).astype(int)
        return self._in_bars(self._cut(trios[at]))

    def _cut(self, windows: np.ndarray) -> np.ndarray:
        tracks = windows[:, :3]
        tracks = np.where(tracks == NO_DRUMS, windows[:, :1], tracks)  # until drums are borrowed
        starts = self._tracks[tracks, 2] + windows[:, 3:] * STEPS_PER_BAR  # (B, 3)
        at = starts[:, None, :] + np.arange(self._steps)[None, :, None]
        return np.asarray(self._tokens[at], np.int64)  # (B, steps, 3)

    def _any_drums(self, rng: np.random.Generator) -> np.ndarray:
        _, _, offset, steps = self._tracks[rng.choice(self._drum_tracks)]
        bars = (steps - self._steps) // STEPS_PER_BAR
        start = offset + rng.integers(0, bars + 1) * STEPS_PER_BAR
        return self._tokens[start : start + self._steps]

    def _in_bars(self, tokens: np.ndarray) -> np.ndarray:
        return tokens.reshape(len(tokens), -1, STEPS_PER_BAR, len(PARTS))
