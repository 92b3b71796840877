"""What the station tells the process of its sound card: messages, a header and its samples each.

Sound as it goes on air, and how loud the room is to be.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from renderer.pcm import CHANNELS, Pcm

_HEADER = struct.Struct("<cqdI")  # kind, position, seconds or gain, frames
_SOUND, _GAIN = b"s", b"g"


@dataclass(frozen=True, slots=True)
class Sound:
    """A block that goes on air."""

    position: int  # of its first frame
    due: float  # when that goes on air, in seconds of time.monotonic, which is all processes'
    samples: np.ndarray  # float32, (frames, 2)


@dataclass(frozen=True, slots=True)
class Gain:
    gain: float  # 0 to 1


def encode_sound(pcm: Pcm, due: float) -> bytes:
    samples = np.ascontiguousarray(pcm.samples, "<f4")
    return _HEADER.pack(_SOUND, pcm.position, due, len(samples)) + samples.tobytes()


def encode_gain(gain: float) -> bytes:
    return _HEADER.pack(_GAIN, 0, gain, 0)


def next_message(stream: BinaryIO) -> Sound | Gain | None:
    """The next one; None at the end."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, position, value, frames = _HEADER.unpack(header)
    if kind == _GAIN:
        return Gain(value)
    data = stream.read(frames * CHANNELS * 4)
    if len(data) < frames * CHANNELS * 4:
        return None
    return Sound(position, value, np.frombuffer(data, "<f4").reshape(-1, CHANNELS))
