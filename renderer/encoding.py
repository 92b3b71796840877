"""What every encoder of the station does, whatever its format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from renderer.pcm import Packet


class Encoder(Protocol):
    """Sound in, packets out, without an end. One lives as long as its mount.

    Packets follow each other without a gap: `position + frames` of one is `position` of the
    next. The first may begin a little before the sound did; codecs warm up.
    """

    @property
    def headers(self) -> bytes:
        """What must reach a listener before any packet; empty where the format needs nothing.

        The same for the life of the encoder. A new encoder has new ones: whoever listens on
        across a restart needs them as well.
        """

    def encode(self, samples: np.ndarray) -> list[Packet]:
        """Take float32 (frames, 2) at 48 kHz, give what is finished.

        Raises:
            EncoderError: the encoder stopped; make a new one.
        """

    def close(self) -> list[Packet]:
        """Give what was still inside, and free the encoder."""


EncoderFactory = Callable[[int, int], Encoder]
"""(bitrate_kbps, start_position of the first frame of sound) to a new encoder."""
