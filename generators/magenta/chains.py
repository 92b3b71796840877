"""Bars that begin from the last token of the bar before, decoded side by side all the same.

In Magenta's hierarchical decoders a bar starts from a state made anew, and of the bar before it
hears one thing: the last token. So guess that token, decode all bars at once, and verify: where
the guess was wrong, decode that bar again from the token that is there now, until no bar began
from a wrong one. The bar that opens a chain is right at once, and each round makes at least one
more right: what comes out is what one bar after the other gives, token for token, because the
same bar after the same token always gives the same. The three parts do not hear each other, and
are chains of their own.

Nothing is guessed that need not be: where chains are enough to fill the machine, they are cut
into fewer and longer runs, the bars of a run are decoded in order, and only a run's first bar
begins from a guess. 64 pieces of 16 bars are 16 rounds of 64 bars, and no guess at all.

The guess is "hold". In a published melody decoder two bars of three end so; to draw a guess with
the bar's own random number from how bars end on the whole was right less often (0.46).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from generators.events import HOLD

# Rows (m,) and the token before each (m, 1) to the tokens they give, (m, S, 1): all int64.
Sing = Callable[[np.ndarray, np.ndarray], np.ndarray]

NO_TOKEN = -1
OPENS = -1  # in `before`: no bar comes before


@dataclass(slots=True)
class Work:
    """What decoding took. A bar of one part counts as one."""

    bars: int = 0  # wanted
    decoded: int = 0  # among them bars decoded more than once
    rounds: int = 0
    guesses: int = 0
    wrong: int = 0  # of the guesses

    def __add__(self, other: Work) -> Work:
        return Work(*(getattr(self, f) + getattr(other, f) for f in self.__slots__))

    @property
    def redone(self) -> float:
        """Bars decoded beyond those wanted, as a share of those."""
        return (self.decoded - self.bars) / max(1, self.bars)


def sing_serially(before: np.ndarray, steps: int, sing: Sing) -> np.ndarray:
    """Bar after bar, as the original does: what `sing_in_parallel` must equal. To (M, steps, 1)."""
    places = places_in_chains(before)
    tokens = np.zeros((len(before), steps, 1), np.int64)
    for place in range(places.max(initial=-1) + 1):
        rows = np.flatnonzero(places == place)
        tokens[rows] = sing(rows, _heard(before, tokens[:, -1])[rows])
    return tokens


def sing_in_parallel(
    before: np.ndarray, steps: int, sing: Sing, enough_rows: int, work: Work
) -> np.ndarray:
    """Guess, verify, repair.

    Args:
        before: (M,) int64, the row of the bar before each, a lower one, or `OPENS`.
        steps: of a bar.
        sing: how to decode bars.
        enough_rows: how many rows at once fill the machine.
        work: is added to.

    Returns:
        Tokens, int64 (M, steps, 1).
    """
    places = places_in_chains(before)
    run_bars = max(1, min(len(before) // enough_rows, places.max(initial=0) + 1))
    tokens = np.full((len(before), steps, 1), HOLD, np.int64)  # and so every guess is "hold"
    began = np.zeros((len(before), 1), np.int64)  # the token each bar was decoded after

    def decode(rows: np.ndarray) -> None:
        began[rows] = _heard(before, tokens[:, -1])[rows]
        tokens[rows] = sing(rows, began[rows])
        work.decoded += len(rows)
        work.rounds += 1

    for bar in range(run_bars):
        decode(np.flatnonzero(places % run_bars == bar))
    work.bars += len(before)
    guessed = (places % run_bars == 0) & (places > 0)
    wrong = _wrong(before, began, tokens)
    work.guesses += int(guessed.sum())
    work.wrong += len(wrong)
    while len(wrong):
        decode(wrong)
        wrong = _wrong(before, began, tokens)
    return tokens


def places_in_chains(before: np.ndarray) -> np.ndarray:
    """How many bars come before each, (M,)."""
    places = np.zeros(len(before), np.int64)
    for row, last in enumerate(before):
        places[row] = 0 if last == OPENS else places[last] + 1
    return places


def _heard(before: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The token before each bar, (M, 1), where `ends` (M, 1) are those they end with."""
    heard: np.ndarray = np.where(before[:, None] == OPENS, NO_TOKEN, ends[before])
    return heard


def _wrong(before: np.ndarray, began: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    return np.flatnonzero((began != _heard(before, tokens[:, -1]))[:, 0])
