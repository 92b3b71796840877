"""What a decoder at the other end of a wire makes of a stream, and whether it complained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import av
import av.logging
import numpy as np

from renderer.formats import Format
from renderer.pcm import CHANNELS, Packet, Start

SECOND = 48_000
DEMUXERS = {"mp3": "mp3", "aac": "aac", "opus": "ogg", "flac": "ogg"}  # by extension


@dataclass(frozen=True)
class Heard:
    """By one who joined somewhere, and knows only the bytes."""

    position: int  # of the first frame, as the listener is told
    samples: np.ndarray  # float32, (frames, 2)
    complaints: list[str]  # of the decoder

    def click(self) -> int:
        """The position of the loudest frame."""
        return self.position + int(np.abs(self.samples[:, 0]).argmax())

    def since(self, position: int) -> np.ndarray:
        return self.samples[position - self.position :]


def noise(frames: int, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.2, 0.2, (frames, 2)).astype(np.float32)


def encoded(
    format: Format, sound: np.ndarray, start: int = 0, starts: Sequence[Start] = (), kbps: int = 128
) -> list[Packet]:
    """As a station does it: many blocks, each of another length; pieces told as they begin."""
    encoder = format.encoder(kbps, start)
    packets, offset, sizes = [], 0, np.random.default_rng(3)
    while offset < len(sound):
        end = min(offset + int(sizes.integers(1, 20_000)), len(sound))
        due = [each for each in starts if offset <= each.position - start < end]
        packets += encoder.encode(sound[offset:end], due)
        offset = end
    return packets + encoder.close()


def wired(format: Format, packets: Sequence[Packet], first: int) -> bytes:
    """What goes out to one who joins at `packets[first]`."""
    preamble = packets[first].preamble
    out = [format.joining(packets, first).data]
    for packet in packets[first:]:
        if packet.preamble is not preamble:
            preamble = packet.preamble
            out.append(preamble.data)
        out.append(packet.data)
    return b"".join(out)


def heard(format: Format, packets: Sequence[Packet], first: int = 0) -> Heard:
    """What one hears who joins at `packets[first]`."""
    position = packets[first].position + format.joining(packets, first).drops_frames
    return Heard(position, *decoded(format, wired(format, packets, first)))


def decoded(format: Format, data: bytes) -> tuple[np.ndarray, list[str]]:
    """Float32 (frames, 2), and every warning of libav's."""
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as log:
            samples = _decoded(data, DEMUXERS[format.extension])
    finally:
        av.logging.set_level(None)
    return samples, [message for _, _, message in log]


def _decoded(data: bytes, demuxer: str) -> np.ndarray:
    with av.open(_Wire(data), "r", format=demuxer) as file:
        blocks = [frame.to_ndarray() for frame in file.decode(audio=0)]
    planes = np.concatenate(blocks, axis=1)
    samples = planes.T if len(planes) == CHANNELS else planes.reshape(-1, CHANNELS)
    if samples.dtype == np.int16:
        return samples.astype(np.float32) / 32_767
    return np.asarray(samples, dtype=np.float32)


class _Wire:
    """Bytes that come once and in order: nobody seeks in a broadcast."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)

    def read(self, size: int) -> bytes:
        data, self._data = self._data[:size], self._data[size:]
        return bytes(data)
