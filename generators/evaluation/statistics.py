"""How alike two sets of trios are, feature by feature: by their distributions, not by any one.

Overlap is the area two distributions have in common (1: the same, 0: nothing in common). KL is
the divergence of the compared set from the held-out one, in nats (0: the same). The distance
overlap is Yang and Lerch's (2020): distances within the held-out set against distances from it
to the compared set; it forgives more, as each trio may lie anywhere among the held-out ones. All
three are of histograms, where Yang and Lerch smooth with kernels: whole numbers stay whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from generators.evaluation.features import FEATURES, Feature
from generators.events import tokens_to_trio
from generators.music import PARTS, Trio

DISTANCE_BINS = 40
RESAMPLES = 500  # of the bootstrap
HALVES = 10  # ways to cut the held-out tunes in two, for the ceiling


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike a set is to the held-out one in one feature."""

    overlap: float  # 0..1
    kl: float  # nats
    distance_overlap: float  # 0..1


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """A set of trios: of each feature and trio, how many values fell into each bin."""

    counts: tuple[np.ndarray, ...]  # one a feature: int64, (n, bins)
    means: tuple[float, ...]  # one a feature, over all values

    def __getitem__(self, rows: np.ndarray) -> Described:
        return Described(tuple(counts[rows] for counts in self.counts), self.means)

    def histogram(self, feature: int) -> np.ndarray:
        """Shares of the values, `(bins,)`, that sum to 1."""
        total = self.counts[feature].sum(axis=0)
        return np.asarray(total / max(1, total.sum()))


def trios_of(windows: np.ndarray) -> list[Trio]:
    """Windows `(n, bars, 16, 3)` as notes."""
    return [tokens_to_trio(window) for window in windows.reshape(len(windows), -1, len(PARTS))]


def describe(trios: Sequence[Trio], features: Sequence[Feature] = FEATURES) -> Described:
    counts, means = [], []
    for feature in features:
        values = [feature.values(trio) for trio in trios]
        counts.append(np.stack([binned(each, feature) for each in values]))
        pooled = [value for each in values for value in each]
        means.append(float(np.mean(pooled)) if pooled else np.nan)
    return Described(tuple(counts), tuple(means))


def binned(values: Sequence[float], feature: Feature) -> np.ndarray:
    """How many values fall into each bin, int64 `(bins,)`; those outside, into the end bins."""
    scaled = (np.asarray(values, float) - feature.low) / (feature.high - feature.low)
    # A value on an edge belongs to the bin above it, however its division was rounded.
    at = np.floor(scaled * feature.bins + 1e-9).astype(np.int64).clip(0, feature.bins - 1)
    return np.bincount(at, minlength=feature.bins)


def overlap(p: np.ndarray, q: np.ndarray) -> float:
    """The area in common of two histograms that each sum to 1."""
    return float(np.minimum(p, q).sum())


def kl_divergence(true: np.ndarray, other: np.ndarray) -> float:
    """Nats, of counts: half a count is added to each bin, else an empty one would cost infinity."""
    p, q = ((counts + 0.5) / (counts + 0.5).sum() for counts in (true, other))
    return float((p * np.log(p / q)).sum())


def distance_overlap(true: np.ndarray, other: np.ndarray) -> float:
    """Overlap of the distances within a set and from it to another, `(n, bins)` and `(m, bins)`.

    A distance is Euclidean, between two trios' cumulated shares: for a feature of one value that
    grows with the difference of the values.
    """
    a, b = (_cumulated(counts) for counts in (true, other))
    if len(a) < 2 or not len(b):
        return np.nan
    within = _distances(a, a)[np.triu_indices(len(a), 1)]
    between = _distances(a, b).ravel()
    most = max(within.max(), between.max(), 1e-9)
    p, q = (np.histogram(d, DISTANCE_BINS, (0, most))[0] / len(d) for d in (within, between))
    return overlap(p, q)


def _cumulated(counts: np.ndarray) -> np.ndarray:
    some = counts[counts.sum(axis=1) > 0]
    return np.asarray((some / some.sum(axis=1, keepdims=True)).cumsum(axis=1))


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.asarray(np.sqrt(squares.clip(min=0)))


def compare(true: Described, other: Described) -> tuple[Alike, ...]:
    """How alike `other` is to the held-out music, in each feature."""
    return tuple(
        Alike(
            overlap(true.histogram(i), other.histogram(i)),
            kl_divergence(a.sum(axis=0), b.sum(axis=0)),
            distance_overlap(a, b),
        )
        for i, (a, b) in enumerate(zip(true.counts, other.counts, strict=True))
    )


def ceiling(true: Described, tunes: np.ndarray, rng: np.random.Generator) -> tuple[Alike, ...]:
    """How alike held-out music is to other held-out music: half of the tunes against the rest.

    A mean over ten ways to halve them; nothing if there is a single tune.
    """
    names = np.unique(tunes)
    if len(names) < 2:
        return ()
    halvings = []
    for _ in range(HALVES):
        half = np.isin(tunes, rng.permutation(names)[: len(names) // 2])
        halvings.append(compare(true[half], true[~half]))
    return tuple(
        Alike(
            *(float(np.mean([getattr(h[i], name) for h in halvings])) for name in Alike.__slots__)
        )
        for i in range(len(true.counts))
    )


def gain(
    true: Described, one: Described, other: Described, rng: np.random.Generator
) -> Mapping[str, float]:
    """By how much `other`'s mean overlap lies above `one`'s, with its 95 % interval.

    The interval is a bootstrap's: trios of both sets are drawn again with replacement, as pairs.
    """
    held = [true.histogram(i) for i in range(len(true.counts))]
    size = len(one.counts[0])
    differences = []
    for resample in range(RESAMPLES + 1):
        rows = rng.integers(size, size=size) if resample else np.arange(size)
        weights = np.bincount(rows, minlength=size)
        means = [_mean_overlap(held, each, weights) for each in (one, other)]
        differences.append(means[1] - means[0])
    low, high = np.quantile(differences[1:], (0.025, 0.975))
    return {"difference": differences[0], "low": float(low), "high": float(high)}


def _mean_overlap(held: Sequence[np.ndarray], described: Described, weights: np.ndarray) -> float:
    totals = [weights @ counts for counts in described.counts]
    shares = [total / max(1, total.sum()) for total in totals]
    return float(np.mean([overlap(p, q) for p, q in zip(held, shares, strict=True)]))
