"""How loud the programme is, as EBU R 128 and ITU-R BS.1770 count it, and where.

libavfilter's `ebur128` does the weighing, ten times a second. What it says of the last 400 ms
(momentary) is also all that is needed to say how loud any stretch of the programme is.
"""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np

from renderer.errors import RenderError
from renderer.frames import audio_frame, source, through
from renderer.pcm import SAMPLE_RATE_HZ

TARGET_LUFS = -16.0  # of the programme: AES TD1008 for streams
SILENCE_LUFS = -70.0  # BS.1770's absolute gate
HOP_FRAMES = SAMPLE_RATE_HZ // 10  # from one reading to the next
SHORT_TERM_FRAMES = 3 * SAMPLE_RATE_HZ
_RELATIVE_GATE_LU = -10.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter shows once the programme has come to a position."""

    position: int  # frames; what is measured lies before it
    momentary_lufs: float  # the last 400 ms
    short_term_lufs: float  # the last 3 s


class Meter:
    """Reads an unbroken programme as it passes. One thread uses it.

    `integrated_lufs` is since the meter was made, gated; `true_peak_dbtp` too, where asked for:
    it doubles the work, which is a six-hundredth of real time.
    """

    def __init__(self, position: int = 0, *, true_peak: bool = False) -> None:
        self.integrated_lufs = SILENCE_LUFS
        self.true_peak_dbtp = -np.inf
        self._taken = 0
        self._position = position  # of the next reading, less one hop
        self._graph = av.filter.Graph()
        entry = source(self._graph, "flt")
        peak = "true" if true_peak else "none"
        meter = self._graph.add("ebur128", f"metadata=1:framelog=quiet:peak={peak}")
        entry.link_to(meter)
        meter.link_to(self._graph.add("abuffersink"))
        self._graph.configure()

    def measure(self, samples: np.ndarray) -> list[Reading]:
        """The readings that float32 (frames, 2) brings: one each `HOP_FRAMES`, in order.

        Raises:
            RenderError: libavfilter failed; make a new Meter.
        """
        if len(samples) == 0:
            return []
        frame = audio_frame(samples.astype(np.float32, copy=False), self._taken)
        self._taken += len(samples)
        try:
            return [self._reading(given) for given in through(self._graph, frame)]
        except av.FFmpegError as error:
            raise RenderError(f"the loudness meter stopped: {error}") from error

    def _reading(self, frame: av.AudioFrame) -> Reading:
        said = {name.removeprefix("lavfi.r128."): text for name, text in frame.metadata.items()}
        self._position += HOP_FRAMES
        self.integrated_lufs = float(said["I"])
        if "true_peak" in said:
            with np.errstate(divide="ignore"):  # silence has no peak
                self.true_peak_dbtp = float(20 * np.log10(float(said["true_peak"])))
        return Reading(self._position, float(said["M"]), float(said["S"]))


def integrated_lufs(momentary_lufs: np.ndarray) -> float:
    """The gated loudness of a stretch, from its momentary readings, shape (readings,).

    They are BS.1770's gating blocks: 400 ms long, 100 ms apart.
    """
    heard = momentary_lufs[momentary_lufs > SILENCE_LUFS]
    if len(heard) == 0:
        return SILENCE_LUFS
    gate_lufs = _mean_lufs(heard) + _RELATIVE_GATE_LU
    return _mean_lufs(heard[heard > gate_lufs])


def step_lu(readings: list[Reading], position: int) -> float:
    """How much louder the 3 s after a position are than the 3 s before it: below 0 is softer.

    Both are short-term loudness, read at the hop nearest to the position and 3 s later.

    Raises:
        ValueError: the readings do not reach from 3 s before to 3 s after.
    """
    first = readings[0].position if readings else 0
    before = round((position - first) / HOP_FRAMES)
    after = before + SHORT_TERM_FRAMES // HOP_FRAMES
    begins = first + before * HOP_FRAMES - SHORT_TERM_FRAMES
    if begins < first - HOP_FRAMES or after >= len(readings):
        raise ValueError(f"no readings from 3 s before to 3 s after position {position}")
    return readings[after].short_term_lufs - readings[before].short_term_lufs


def _mean_lufs(loudness_lufs: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(10 ** (loudness_lufs / 10))))
