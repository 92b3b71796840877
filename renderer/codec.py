"""libav's encoders without its containers: sound in, bare packets out."""

from __future__ import annotations

from collections.abc import Mapping

import av
import numpy as np

from renderer.errors import EncoderError
from renderer.frames import audio_frame
from renderer.pcm import SAMPLE_RATE_HZ


class Codec:
    """One encoder. It takes any number of frames at a time; its packets are as long as it likes."""

    def __init__(
        self,
        name: str,
        *,
        sample_format: str,
        bitrate_kbps: int | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        """`name`, `sample_format` and `options` as libav has them; no bitrate for a lossless one.

        Raises:
            EncoderError: libav has no such encoder, or it does not take these options.
        """
        self._name = name
        self._taken = 0  # frames of sound that went in
        try:
            context = av.CodecContext.create(name, "w")
            assert isinstance(context, av.AudioCodecContext)
            context.sample_rate = SAMPLE_RATE_HZ
            context.layout = "stereo"
            context.format = sample_format
            context.options = dict(options or {})
            if bitrate_kbps is not None:
                context.bit_rate = bitrate_kbps * 1000
            context.open()
        except (av.FFmpegError, ValueError) as error:
            raise EncoderError(f"{name} did not start: {error}") from error
        self._context = context

    @property
    def header(self) -> bytes:
        """What a decoder has to know before the first packet, in the codec's own form."""
        return bytes(self._context.extradata or b"")

    @property
    def packet_frames(self) -> int:
        """Frames of sound in each packet."""
        return self._context.frame_size

    def encode(self, samples: np.ndarray) -> list[bytes]:
        """Take (frames, 2) at 48 kHz, give the packets that are finished.

        Raises:
            EncoderError: it takes no more sound.
        """
        if len(samples) == 0:
            return []
        frame = audio_frame(samples, self._taken)
        self._taken += len(samples)
        return self._give(frame)

    def drain(self) -> list[bytes]:
        """What was still inside; the last packet may hold less sound than it has room for.

        Raises:
            EncoderError: it failed.
        """
        return self._give(None) if self._taken else []

    def _give(self, frame: av.AudioFrame | None) -> list[bytes]:
        try:
            packets = self._context.encode(frame)
        except (av.FFmpegError, ValueError) as error:
            raise EncoderError(f"{self._name} took no more sound: {error}") from error
        return [bytes(packet) for packet in packets if packet.size]  # FLAC ends with a bare header
