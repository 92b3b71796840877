"""Sound in libav's frames, and through its filters: what everyone here does who uses PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import av.filter.context
import numpy as np

from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ

FORMATS = {"float32": "flt", "float64": "dbl", "int16": "s16", "int32": "s32"}  # by dtype


def audio_frame(samples: np.ndarray, position: int) -> av.AudioFrame:
    """Samples (frames, 2) at 48 kHz, of one of FORMATS, that begin `position` frames in."""
    row = np.ascontiguousarray(samples).reshape(1, CHANNELS * len(samples))
    frame = av.AudioFrame.from_ndarray(row, format=FORMATS[row.dtype.name], layout="stereo")
    frame.sample_rate = SAMPLE_RATE_HZ
    frame.pts = position
    return frame


def source(graph: av.filter.Graph, format: str) -> av.filter.context.FilterContext:
    """Where such frames go into a graph."""
    return graph.add_abuffer(
        format=format,
        sample_rate=SAMPLE_RATE_HZ,
        layout="stereo",
        time_base=Fraction(1, SAMPLE_RATE_HZ),
    )


def through(graph: av.filter.Graph, frame: av.AudioFrame) -> Iterator[av.AudioFrame]:
    """All that the graph gives once it has the frame.

    Raises:
        av.FFmpegError: a filter failed.
    """
    graph.push(frame)
    while True:
        try:
            given = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return  # it has given all it can
        assert isinstance(given, av.AudioFrame)
        yield given
