"""Is it sound? The beginning of a stream, decoded as a player would, and how strong that is."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
import numpy as np

from renderer.errors import FramingError
from renderer.pcm import SAMPLE_RATE_HZ

SILENCE_DB = -60.0  # weaker is nothing that anybody hears in a room


@dataclass(frozen=True, slots=True)
class Heard:
    """What a decoder made of some bytes."""

    seconds: float
    level_db: float  # root mean square, against full scale; SILENCE_DB at least

    @property
    def is_sound(self) -> bool:
        return self.level_db > SILENCE_DB


def hear(data: bytes) -> Heard:
    """Decode all of `data`; its format is found out as a player finds it out.

    Raises:
        FramingError: nothing can be made of it.
    """
    to_floats = av.AudioResampler(format="flt", layout="stereo", rate=SAMPLE_RATE_HZ)
    count, power = 0, 0.0
    try:
        with av.open(io.BytesIO(data), "r") as container:
            for frame in container.decode(audio=0):
                for each in to_floats.resample(frame):
                    samples = each.to_ndarray().astype(np.float64)
                    count += samples.size
                    power += float(np.square(samples).sum())
    except (av.FFmpegError, IndexError) as error:  # IndexError: it has no stream at all
        raise FramingError(f"what goes out cannot be decoded: {error}") from error
    level_db = 10 * np.log10(max(power / max(count, 1), 10 ** (SILENCE_DB / 10)))
    return Heard(count / 2 / SAMPLE_RATE_HZ, float(level_db))
