"""The last seconds of the broadcast, readable between its frames.

One thread writes and another reads. Neither waits for the other: what is read is far behind what
is being written, and the playhead sees to that.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from renderer.pcm import CHANNELS

RING_FRAMES = 2**19  # 11 s; the most that a clock which caught up can bring at once is half of it
TAPS = 24
HALF = TAPS // 2
PHASES = 512
PASSBAND = 0.94  # of half the sample rate: above it, what a reader between frames bends is let go
BETA = 8.0  # of the Kaiser window


class Ring:
    def __init__(self) -> None:
        self.begin = 0  # the oldest position there is
        self.end = 0  # after the newest
        self._frames = np.zeros((RING_FRAMES, CHANNELS), np.float32)

    def write(self, position: int, samples: np.ndarray) -> None:
        """Samples float32 (frames, 2), from a position on."""
        if position != self.end:  # another broadcast, or sound is missing
            self.begin = self.end = position
        end = position + len(samples)
        places = np.arange(position, end) % RING_FRAMES
        self.begin = max(self.begin, end - RING_FRAMES)
        self._frames[places] = samples
        self.end = end  # only now may it be read

    def read(self, position: float, step: float, frames: int) -> np.ndarray:
        """Samples float32 (frames, 2), `step` frames apart, from between the frames there are.

        A windowed sinc of 24 taps, each kernel interpolated in a table.
        Source: Smith, "Digital Audio Resampling Home Page", ccrma.stanford.edu/~jos/resample.
        """
        at = position + step * np.arange(frames)
        whole = np.floor(at).astype(np.int64)
        row, part = np.divmod((at - whole) * PHASES, 1)
        before, after = KERNELS[row.astype(np.int64)], KERNELS[row.astype(np.int64) + 1]
        kernels = before + (after - before) * part.astype(np.float32)[:, None]  # (frames, TAPS)
        first = whole[0] - HALF + 1
        near = self._frames[np.arange(first, whole[-1] + HALF + 1) % RING_FRAMES]
        windows = sliding_window_view(near, TAPS, axis=0)[whole - whole[0]]  # (frames, 2, TAPS)
        found: np.ndarray = np.matmul(windows, kernels[:, :, None])[:, :, 0]
        return found


def _kernels() -> np.ndarray:
    """Float32 (PHASES + 1, TAPS): how the frames around are weighed, by how far between two."""
    offsets = np.arange(-HALF + 1, HALF + 1) - np.linspace(0, 1, PHASES + 1)[:, None]
    window = np.i0(BETA * np.sqrt(np.clip(1 - (offsets / HALF) ** 2, 0, None))) / np.i0(BETA)
    kernels = PASSBAND * np.sinc(PASSBAND * offsets) * window
    found: np.ndarray = (kernels / kernels.sum(1, keepdims=True)).astype(np.float32)
    return found


KERNELS = _kernels()
