"""Ogg Opus with libopus: one logical stream without an end, a page each 100 ms."""

from __future__ import annotations

from collections.abc import Sequence

import av
import numpy as np

from renderer.errors import EncoderError
from renderer.frames import audio_frame
from renderer.framing import OggPage, opus_pre_skip, split_ogg
from renderer.pcm import SAMPLE_RATE_HZ, Packet, Preamble, Start

PAGE_MICROSECONDS = 100_000
# Constrained: a stream that says 96 kbit/s takes no more than that from a listener for long.
CODEC_OPTIONS = {"application": "audio", "frame_duration": "20", "vbr": "constrained"}


class OpusEncoder:
    """One endless Ogg Opus stream."""

    def __init__(self, bitrate_kbps: int, start_position: int = 0) -> None:
        """Raises:
        EncoderError: libopus or the Ogg writer did not start.
        """
        self._taken = 0  # frames of sound that went in
        self._sink = _Sink()
        try:
            self._container = av.open(
                self._sink, "w", format="ogg", options={"page_duration": str(PAGE_MICROSECONDS)}
            )
            self._stream = self._container.add_stream(
                "libopus", rate=SAMPLE_RATE_HZ, layout="stereo", options=CODEC_OPTIONS
            )
            self._stream.bit_rate = bitrate_kbps * 1000
            self._container.start_encoding()
        except av.FFmpegError as error:
            raise EncoderError(f"Opus did not start: {error}") from error
        head, tags = self._sink.pages()
        pre_skip = opus_pre_skip(head)
        self._preamble = Preamble(head.data + tags.data, pre_skip)
        self._origin = start_position - pre_skip  # the position of granule 0
        self._granule = 0

    def encode(self, samples: np.ndarray, starts: Sequence[Start] = ()) -> list[Packet]:
        if len(samples) == 0:
            return []
        frame = audio_frame(samples.astype(np.float32, copy=False), self._taken)
        self._taken += len(samples)
        try:
            self._container.mux(self._stream.encode(frame))
        except (av.FFmpegError, ValueError) as error:
            raise EncoderError(f"Opus took no more sound: {error}") from error
        return self._packets()

    def close(self) -> list[Packet]:
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        except av.FFmpegError as error:
            raise EncoderError(f"Opus did not end: {error}") from error
        return self._packets()

    def _packets(self) -> list[Packet]:
        packets = []
        for page in self._sink.pages():
            frames = page.granule - self._granule
            position = self._origin + self._granule
            packets.append(Packet(page.data, position, frames, self._preamble))
            self._granule = page.granule
        return packets


class _Sink:
    """A file that can only be written to, so that nothing is ever seeked back and changed."""

    def __init__(self) -> None:
        self._data = b""

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def pages(self) -> list[OggPage]:
        """What was written since the last call, in whole pages."""
        pages, self._data = split_ogg(self._data)
        return pages
