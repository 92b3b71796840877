"""Which of several candidates to air: what the critic listens for, and how it weighs that.

A piece gets a mark from 0 to 1 for each of twelve terms; its total is their geometric mean, so that
one thing missing is not made up for by the rest. A mark is 1 wherever most of held-out music lies,
and falls in a straight line to 0 at the far end of what music does: the critic shall take out what
is wrong, and not prefer one style. docs/critic.md has the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from generators.events import trio_to_tokens
from generators.music import Trio, Verdict
from generators.ngrams import known_shares, melody_ngrams, shares
from generators.sections import (
    Sections,
    clarity,
    consonance,
    empty_bars,
    groove,
    in_scale,
    interval,
    likeness,
    onsets,
    pitches,
    repeats,
    room,
    sections,
    span,
)
from generators.wishes import granted

WORST = 0.02  # so that one section, or one term, does not undo the others
MELODY, BASS, DRUMS = range(3)

Measure = Callable[[Sections], np.ndarray]


@dataclass(frozen=True, slots=True)
class Band:
    """1 from `low` to `high`, falling in a straight line to 0 at `lowest` and at `highest`."""

    lowest: float
    low: float
    high: float
    highest: float

    def __call__(self, value: np.ndarray) -> np.ndarray:
        mark = np.ones(value.shape)
        if self.lowest < self.low:
            mark = np.minimum(mark, (value - self.lowest) / (self.low - self.lowest))
        if self.high < self.highest:
            mark = np.minimum(mark, (self.highest - value) / (self.highest - self.high))
        return np.asarray(mark.clip(0.0))


def at_least(lowest: float, low: float) -> Band:
    return Band(lowest, low, np.inf, np.inf)


def at_most(high: float, highest: float) -> Band:
    return Band(-np.inf, -np.inf, high, highest)


# What a section of four bars is marked for. A term of several measures is their mean.
TERMS: Mapping[str, Sequence[tuple[Measure, Band]]] = {
    "filled": [(empty_bars(part), at_most(0, 0.75)) for part in (MELODY, BASS, DRUMS)],
    "density": [
        (onsets(MELODY), Band(0, 2, 10, 16)),
        (onsets(BASS), Band(0, 2.5, 12, 20)),
        (onsets(DRUMS), Band(0, 4, 16, 20)),
    ],
    "scale": [(in_scale, at_least(0.5, 1.0))],
    "clarity": [(clarity, at_least(0.3, 0.65))],
    "agreement": [(consonance, at_least(0.3, 0.9))],
    "range": [(span("melody"), Band(0, 3, 22, 40)), (span("bass"), Band(-2, 2, 20, 32))],
    "room": [(room, Band(0, 10, 45, 70))],
    "motion": [
        (repeats, at_most(0.7, 1.1)),
        (interval, Band(0, 0.7, 5, 9)),
        (pitches, Band(1, 3, 12, 20)),
    ],
    "return": [
        (likeness(MELODY), Band(-0.2, 0.05, 0.7, 1.7)),
        (likeness(BASS), at_least(-0.2, 0.1)),
    ],
    "groove": [(groove(DRUMS), at_least(0.6, 0.93))],
}
# What the whole piece is marked for: the share of its tunes that are heard elsewhere.
TUNES: Mapping[str, Band] = {"fresh": at_most(0.05, 0.5), "own": at_most(0.05, 0.5)}
NAMES = (*TERMS, *TUNES)


def judge(trio: Trio, recent: np.ndarray | None = None, known: np.ndarray | None = None) -> Verdict:
    """What there is to say of one trio; see `judge_many` for the rest."""
    totals, marks = judge_many(trio_to_tokens(trio)[None], recent, known)
    return _verdict(totals[0], marks[0])


def score(trio: Trio) -> float:
    """A trio's total, 0..1, judged by itself."""
    return judge(trio).total


def choose(
    tokens: np.ndarray,
    recent: np.ndarray | None = None,
    known: np.ndarray | None = None,
    wish: Mapping[str, float] | None = None,
) -> tuple[int, Verdict]:
    """Which of the candidates `(N, steps, 3)` is the best, and why the others were not.

    A wish (see generators.wishes) weighs as one term more; the verdict is without it, and those
    that only a wish turned down count for none.
    """
    totals, marks = judge_many(tokens, recent, known)
    best = int(np.argmax(totals * granted(tokens, wish or {}) ** (1 / len(NAMES))))
    others = marks[totals < totals[best]]
    behind = (np.log(others) - np.log(marks[best])).argmin(axis=1)
    counts = np.bincount(behind, minlength=len(NAMES))
    rejected = {name: int(count) for name, count in zip(NAMES, counts, strict=True) if count}
    verdict = _verdict(totals[best], marks[best])
    return best, replace(verdict, candidates=len(tokens), rejected=rejected)


def judge_many(
    tokens: np.ndarray, recent: np.ndarray | None = None, known: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The totals `(N,)` and the marks `(N, terms)` of pieces `(N, steps, 3)`, as tokens.

    Args:
        recent: hashes of the melodies of the last pieces (`ngrams.melody_ngrams`).
        known: what `ngrams.known_melodies` gives.

    Raises:
        ValueError: the tokens are not pieces of whole bars.
    """
    parts = sections(tokens)
    marks = np.stack([_section_marks(part) for part in parts])  # (sections, N, terms)
    marks = np.exp(np.log(np.maximum(marks, WORST)).mean(axis=0))
    hashes, rows = melody_ngrams(tokens[:, :, MELODY])
    heard = np.zeros(len(tokens))
    if recent is not None:
        heard = shares(np.isin(hashes, recent), rows, len(tokens))
    copied = np.zeros(len(tokens))
    if known is not None:
        copied = known_shares(hashes, rows, len(tokens), known)
    tunes = np.stack([TUNES["fresh"](heard), TUNES["own"](copied)], axis=1)
    marks = np.concatenate([marks, np.maximum(tunes, WORST)], axis=1)
    silent = ~np.any([part.struck.any(axis=1) for part in parts], axis=0).all(axis=1)
    totals = np.where(silent, 0.0, np.exp(np.log(marks).mean(axis=1)))
    return totals, marks


def _section_marks(section: Sections) -> np.ndarray:
    """Each row's mark for each term, `(N, terms)`."""
    return np.stack(
        [
            np.mean([band(measure(section)) for measure, band in measures], axis=0)
            for measures in TERMS.values()
        ],
        axis=1,
    )


def _verdict(total: float, marks: np.ndarray) -> Verdict:
    terms = {name: round(float(mark), 4) for name, mark in zip(NAMES, marks, strict=True)}
    return Verdict(round(float(total), 4), terms)
