"""How likely a melody is by itself: a 5-gram model of melody tokens.

Interpolated Witten-Bell smoothing: after a context h seen c(h) times with T(h) different tokens,
P(w | h) = (c(h w) + T(h) P(w | h')) / (c(h) + T(h)), where h' is h without its first token. The
last resort is that every token is as likely as any other. Sources: Witten and Bell, "The
Zero-Frequency Problem" (1991); Chen and Goodman (1998), section 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from generators.events import MELODY_DEPTH

ORDER = 5  # tokens of an n-gram, as in the paper's test of interpolation


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Sorted keys and what was counted of each."""

    keys: np.ndarray  # int64
    counts: np.ndarray  # int64
    types: np.ndarray  # int64: different tokens after the key; empty where never a context

    def of(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Counts and types of each key, 0 where it was never seen."""
        at = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
        known = self.keys[at] == keys
        return np.where(known, self.counts[at], 0), np.where(known, self.types[at], 0)


class MelodyModel:
    """P(token | the four before it), counted over melodies."""

    def __init__(self, melodies: Iterable[np.ndarray], depth: int = MELODY_DEPTH) -> None:
        self.depth = depth
        tracks = [np.asarray(tokens, np.int64) for tokens in melodies]
        self._grams = []
        self._contexts = []
        for order in range(1, ORDER + 1):
            found = [_keys(tokens, order, depth) for tokens in tracks if len(tokens) >= order]
            keys, counts = np.unique(np.concatenate(found), return_counts=True)
            contexts, of_context = np.unique(keys // depth, return_inverse=True)
            total = np.bincount(of_context, weights=counts).astype(np.int64)
            self._grams.append(_Counts(keys, counts, np.zeros_like(counts)))
            self._contexts.append(_Counts(contexts, total, np.bincount(of_context)))

    def probabilities(self, tokens: np.ndarray) -> np.ndarray:
        """Of each token but the first four, given the four before it: `(n, T)` to `(n, T - 4)`."""
        chance = np.full((len(tokens), tokens.shape[1] - ORDER + 1), 1 / self.depth)
        for order in range(1, ORDER + 1):
            keys = np.stack([_keys(row, order, self.depth) for row in np.asarray(tokens, np.int64)])
            keys = keys[:, ORDER - order :]
            seen, _ = self._grams[order - 1].of(keys)
            total, types = self._contexts[order - 1].of(keys // self.depth)
            weight = total + types
            mixed = (seen + types * chance) / np.maximum(weight, 1)
            chance = np.where(weight > 0, mixed, chance)
        return chance

    def cost(self, tokens: np.ndarray) -> np.ndarray:
        """Nats a step of each melody, `(n, T)` to `(n,)`."""
        return np.asarray(-np.log(self.probabilities(tokens)).mean(axis=1))


def _keys(tokens: np.ndarray, order: int, depth: int) -> np.ndarray:
    """Each n-gram of `order` tokens as one number, in base `depth`."""
    keys = np.zeros(len(tokens) - order + 1, np.int64)
    for place in range(order):
        keys = keys * depth + tokens[place : place + len(keys)]
    return keys
