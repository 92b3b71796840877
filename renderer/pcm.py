"""The values of sound: a block of it, and the coded packets a block becomes.

A position counts frames of sound since the broadcast began, 48,000 a second. It is the only
time inside the station: titles, notes and joins all hang on positions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from generators.music import Piece

SAMPLE_RATE_HZ = 48_000
CHANNELS = 2
FULL_SCALE_16_BIT = 32_767


@dataclass(frozen=True, slots=True)
class Start:
    """A piece begins to sound here."""

    position: int  # frames since the broadcast began
    piece: Piece


@dataclass(frozen=True, slots=True)
class Pcm:
    """A block of sound."""

    samples: np.ndarray = field(repr=False, compare=False)  # float32, (frames, 2), -1..1
    position: int  # of the first frame
    starts: tuple[Start, ...] = ()  # pieces that begin inside, in order


@dataclass(frozen=True, slots=True)
class Preamble:
    """What a decoder must have read before a packet, unless it read the packet before.

    The packets of one logical stream share one. Where it changes (an encoder restarted, a chain
    has its next link), the new one goes out between two packets.
    """

    data: bytes = field(default=b"", repr=False)
    drops_frames: int = 0  # of the sound after it, which decoders throw away; below 0: they add


NO_PREAMBLE = Preamble()


@dataclass(frozen=True, slots=True)
class Packet:
    """Whole frames of a codec, as they go on air."""

    data: bytes = field(repr=False)
    position: int  # of the first frame of sound that a decoder gives back for it
    frames: int  # of sound
    preamble: Preamble = NO_PREAMBLE


def in_16_bits(samples: np.ndarray) -> np.ndarray:
    """Float32 -1..1 to int16, rounded; what is beyond is clipped."""
    return np.asarray(np.rint(np.clip(samples, -1.0, 1.0) * FULL_SCALE_16_BIT), np.int16)
