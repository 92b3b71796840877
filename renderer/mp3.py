"""MP3 with LAME: constant bitrate, whole frames, no tags in the stream.

lameenc's LAME is four times as fast as the one inside PyAV. It has no switch for the bit
reservoir, so the first two or three frames of a late joiner may be muted by the decoder.
"""

from __future__ import annotations

from collections.abc import Sequence

import lameenc
import numpy as np

from renderer.errors import EncoderError
from renderer.framing import MP3_FRAMES_OF_SOUND, is_mp3_info, split_mp3
from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ, Packet, Start, in_16_bits

QUALITY = 3  # LAME's scale: 2 the best, 7 the fastest
# Sound comes back this much later than it went in: 576 frames in the encoder (ENCDELAY in
# LAME's encoder.h) and 528 + 1 in any decoder (DECDELAY; LAME technical FAQ, "Why is a decoded
# MP3 longer than the original?"). tests/renderer/test_encoding.py finds a click where this says.
DELAY_FRAMES = 576 + 529


class Mp3Encoder:
    """One endless MP3 stream."""

    def __init__(self, bitrate_kbps: int, start_position: int = 0) -> None:
        self._position = start_position - DELAY_FRAMES
        self._rest = b""  # of a frame that is not whole yet
        self._lame = lameenc.Encoder()
        self._lame.silence()
        self._lame.set_channels(CHANNELS)
        self._lame.set_in_sample_rate(SAMPLE_RATE_HZ)
        self._lame.set_out_sample_rate(SAMPLE_RATE_HZ)
        self._lame.set_bit_rate(bitrate_kbps)
        self._lame.set_quality(QUALITY)

    def encode(self, samples: np.ndarray, starts: Sequence[Start] = ()) -> list[Packet]:
        try:
            data = self._lame.encode(in_16_bits(samples).astype("<i2", copy=False).tobytes())
        except (RuntimeError, ValueError) as error:
            raise EncoderError(f"LAME took no more sound: {error}") from error
        return self._packets(bytes(data))

    def close(self) -> list[Packet]:
        try:
            return self._packets(bytes(self._lame.flush()))
        except RuntimeError:  # it never took any sound
            return []

    def _packets(self, data: bytes) -> list[Packet]:
        frames, self._rest = split_mp3(self._rest + data)
        packets = []
        for frame in frames:
            if is_mp3_info(frame):  # no sound: a player would take the stream for a file
                continue
            packets.append(Packet(frame, self._position, MP3_FRAMES_OF_SOUND))
            self._position += MP3_FRAMES_OF_SOUND
        return packets
