"""What every encoder of the station does, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from renderer.pcm import Packet, Start


class Encoder(Protocol):
    """Sound in, packets out, without an end. One lives as long as its mount.

    Packets follow each other without a gap: `position + frames` of one is `position` of the
    next. The first may begin a little before the sound did; codecs warm up.
    """

    def encode(self, samples: np.ndarray, starts: Sequence[Start] = ()) -> list[Packet]:
        """Take float32 (frames, 2) at 48 kHz, give what is finished.

        Args:
            starts: pieces whose first frame went in lately or will soon, in order, each told
                once; for formats that carry titles inside.

        Raises:
            EncoderError: the encoder stopped; make a new one.
        """

    def close(self) -> list[Packet]:
        """Give what was still inside, and free the encoder."""


EncoderFactory = Callable[[int, int], Encoder]
"""(bitrate_kbps, start_position of the first frame of sound) to a new encoder."""
