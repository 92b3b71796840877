"""Find clicks: places where the wave jumps, and nothing around them says why.

A jump in a wave, or in its slope, is one sharp corner. Music has corners too, but where a drum is
struck many follow. So a click is a corner (a second difference) far sharper than any shortly
before and shortly after it. Where hi-hats cover a click this does not find it, and nobody hears it.
"""

from __future__ import annotations

import numpy as np

BLOCK_FRAMES = 8  # 0.17 ms
NEAR_BLOCKS = 1  # a click's own corner may reach into its neighbours
AROUND_BLOCKS = 30  # 5 ms
SHARPER = 4.0  # than all corners around it
SOFTEST = 10 ** (-50 / 20)  # a corner nobody hears: -50 dB of full scale


def clicks(samples: np.ndarray) -> np.ndarray:
    """The frames, within 0.2 ms, at which float (frames, 2) clicks; none in the first 5 ms."""
    corners = np.abs(np.diff(samples, n=2, axis=0)).max(axis=1, initial=0.0)
    blocks = len(corners) // BLOCK_FRAMES
    peaks = corners[: blocks * BLOCK_FRAMES].reshape(blocks, BLOCK_FRAMES).max(axis=1)
    if blocks <= 2 * AROUND_BLOCKS:
        return np.zeros(0, int)
    windows = np.lib.stride_tricks.sliding_window_view(peaks, 2 * AROUND_BLOCKS + 1)
    distance = np.abs(np.arange(-AROUND_BLOCKS, AROUND_BLOCKS + 1))
    around = windows[:, distance > NEAR_BLOCKS].max(axis=1)
    here = windows[:, AROUND_BLOCKS]
    sharpest = here >= windows[:, distance <= NEAR_BLOCKS].max(axis=1)
    found = np.flatnonzero((here > SOFTEST) & sharpest & (here > SHARPER * around))
    return (found + AROUND_BLOCKS) * BLOCK_FRAMES
