"""The make-up gains that keep a piece level, two a bar: a small least-squares problem.

What a listener takes for loudness is the mean of some seconds, so the gains are chosen for windows
of 3 s, not one by one: a rest inside a phrase stays a rest. Two wishes pull against each other,
that every window be as loud as it should and that the gain move little; the windows at both
ends, which joins are judged by, pull hardest.
"""

from __future__ import annotations

import numpy as np

from generators.music import STEPS_PER_BAR, STEPS_PER_QUARTER, Piece
from renderer.voices import LOUDNESS_OFFSET_LU, SLOTS_A_SECOND

TRIMS_A_BAR = 2
TRIM_STEPS = STEPS_PER_BAR // TRIMS_A_BAR
MOST_DB, LEAST_DB = 10.0, -20.0
WINDOW_SLOTS = 3 * SLOTS_A_SECOND
HOP_SLOTS = SLOTS_A_SECOND // 2
STEADINESS = 0.03  # what a move of 1 dB in a window's time costs, in windows that are 1 LU off
JOIN_WEIGHT = 30.0  # of the first and the last window
SILENT_LU = 30.0  # a window so far below the target is a rest, and is left alone
ROUNDS = 12
_LEAST_POWER = 1e-12


def trims_db(piece: Piece, power: np.ndarray, target_lufs: float) -> tuple[float, ...]:
    """One gain for each half of a bar, from the piece's power over time: (slots, bands).

    By Gauss and Newton's method: with the gain of a half, the loudness of a window moves by its
    share of the power. A window that is far off counts for more, so that the worst get
    better before the good get perfect.
    """
    slots = power.sum(axis=1)
    follow = _gain_of_slots(piece, len(slots))  # (slots, halves)
    halves = follow.shape[1]
    begins, ends = _windows(len(slots))  # (windows,)
    weights = np.ones(len(begins))
    weights[[0, -1]] = JOIN_WEIGHT
    heard = _lufs(_means(slots, begins, ends)) > target_lufs - SILENT_LU
    moves = np.diff(np.eye(halves), axis=0)  # (halves - 1, halves)
    cost = STEADINESS * len(begins) / halves * moves.T @ moves + 1e-6 * np.eye(halves)
    gains = np.zeros(halves)
    for _ in range(ROUNDS):
        played = slots * 10 ** (follow @ gains / 10)
        sums = _means(played, begins, ends)
        shares = _means(played[:, None] * follow, begins, ends) / (sums[:, None] + _LEAST_POWER)
        missing = target_lufs - _lufs(sums)
        pull = shares.T * (weights * heard * np.maximum(1.0, missing**2))  # (halves, windows)
        wanted = np.linalg.solve(pull @ shares + cost, pull @ (missing + shares @ gains))
        gains = np.clip((gains + wanted) / 2, LEAST_DB, MOST_DB)  # half way: it does not swing
    return tuple(round(float(gain), 2) for gain in gains)


def _gain_of_slots(piece: Piece, slots: int) -> np.ndarray:
    """What each gain adds to each slot's, (slots, halves): it moves in a half bar's first beat."""
    lines = range(0, piece.trio.steps, TRIM_STEPS)
    corners = [piece.seconds_at(line + beat) for line in lines for beat in (0, STEPS_PER_QUARTER)]
    moments = (np.arange(slots) + 0.5) / SLOTS_A_SECOND
    columns = []
    for half in range(len(lines)):
        values = np.zeros(2 * len(lines))
        values[2 * half + (half > 0) : 2 * half + 3] = 1.0  # from its first beat to the next line
        columns.append(np.interp(moments, corners, values))
    return np.stack(columns, axis=1)


def _windows(slots: int) -> tuple[np.ndarray, np.ndarray]:
    """Where windows begin and end; the last ends where the piece does."""
    last = max(0, slots - WINDOW_SLOTS)
    begins = np.append(np.arange(0, last, HOP_SLOTS), last)
    return begins, np.minimum(begins + WINDOW_SLOTS, slots)


def _means(values: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The mean over each window: (slots, ...) in, (windows, ...) out."""
    whole = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    lengths = (ends - begins).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray((whole[ends] - whole[begins]) / lengths)


def _lufs(power: np.ndarray) -> np.ndarray:
    return np.asarray(LOUDNESS_OFFSET_LU + 10 * np.log10(power + _LEAST_POWER))
