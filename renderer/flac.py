"""Ogg FLAC: 16 bits as they are, a page a frame of the codec, one logical stream without an end.

Sources: RFC 9639 §8 (metadata blocks), §10.1 (FLAC in Ogg).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from renderer.codec import Codec
from renderer.marks import MARKS
from renderer.ogg import OggStream, comments
from renderer.pcm import Packet, Preamble, Start, in_16_bits

_STREAMINFO, _COMMENTS, _LAST_BLOCK = 0, 4, 0x80
_MAPPING = b"\x7fFLAC\x01\x00\x00\x01fLaC"  # version 1.0, one more header packet, then native FLAC


class FlacEncoder:
    """One endless Ogg FLAC stream. A decoder may begin with any page."""

    def __init__(self, bitrate_kbps: int, start_position: int = 0) -> None:
        """`bitrate_kbps` is only what others reckon with: it takes as many bits as it needs.

        Raises:
            EncoderError: FLAC did not start.
        """
        self._codec = Codec("flac", sample_format="s16")
        self._start_position = start_position
        self._taken = 0  # frames of sound that went in
        self._told = 0  # ... and came out
        self._stream = OggStream()
        streaminfo = _block(_STREAMINFO, self._codec.header)
        heads = (_MAPPING + streaminfo, _block(_COMMENTS | _LAST_BLOCK, comments(MARKS)))
        self._preamble = Preamble(b"".join(self._stream.page([head], 0) for head in heads))

    def encode(self, samples: np.ndarray, starts: Sequence[Start] = ()) -> list[Packet]:
        self._taken += len(samples)
        return [self._page(packet) for packet in self._codec.encode(in_16_bits(samples))]

    def close(self) -> list[Packet]:
        return [self._page(packet) for packet in self._codec.drain()]

    def _page(self, packet: bytes) -> Packet:
        # All are equally long, but for the last one.
        frames = min(self._codec.packet_frames, self._taken - self._told)
        position = self._start_position + self._told
        self._told += frames
        return Packet(self._stream.page([packet], self._told), position, frames, self._preamble)


def _block(kind: int, data: bytes) -> bytes:
    return bytes([kind]) + len(data).to_bytes(3, "big") + data
