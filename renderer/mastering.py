"""The last step before the encoders: one constant gain, and a limiter that nothing gets past.

The gain never follows the music: a soft piece stays soft. The limiter looks ahead, so what
comes out is `DELAY_FRAMES` later than what went in; a block out is as long as its block in, and
its sound belongs `delay_frames` earlier than the block's own position.
"""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from renderer.errors import RenderError
from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ

# A trio of piano, bass and kit comes out near -16 LUFS (EBU R 128), with TimGM6mb and the
# synth's own gain; tests/renderer/test_mastering.py holds it there.
GAIN_DB = 8.0
CEILING = 10 ** (-1.5 / 20)  # peak, 1.0 is full scale; codecs overshoot, so not closer
LOOKAHEAD_MS = 5
RELEASE_MS = 80
DELAY_FRAMES = LOOKAHEAD_MS * SAMPLE_RATE_HZ // 1000 - 1  # of libavfilter's alimiter


class Master:
    """Gain and limiter with a memory: one for each unbroken stream of sound."""

    delay_frames = DELAY_FRAMES

    def __init__(self, gain_db: float = GAIN_DB) -> None:
        """`gain_db` suits the synth and font; the limiter is for what still sticks out."""
        self._taken = 0
        self._graph = av.filter.Graph()
        source = self._graph.add_abuffer(
            format="dbl",
            sample_rate=SAMPLE_RATE_HZ,
            layout="stereo",
            time_base=Fraction(1, SAMPLE_RATE_HZ),
        )
        # level=0: or it would turn everything up to full scale again. Its own `latency` option
        # would hold back the first frames; so the delay stays, and a block out is a block in.
        limiter = self._graph.add(
            "alimiter",
            level_in=f"{10 ** (gain_db / 20):.6f}",
            limit=f"{CEILING:.6f}",
            attack=str(LOOKAHEAD_MS),
            release=str(RELEASE_MS),
            level="0",
            latency="0",
        )
        source.link_to(limiter)
        limiter.link_to(self._graph.add("abuffersink"))
        self._graph.configure()

    def process(self, samples: np.ndarray) -> np.ndarray:
        """Float32 (frames, 2) in, as many frames out, `delay_frames` late, all below CEILING.

        Raises:
            RenderError: libavfilter failed; make a new Master.
        """
        if len(samples) == 0:
            return samples
        if not np.isfinite(samples).all():  # would sit in the limiter's memory for good
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        row = np.ascontiguousarray(samples, np.float64).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(row, format="dbl", layout="stereo")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts = self._taken
        self._taken += len(samples)
        try:
            self._graph.push(frame)
            limited = self._graph.pull()
        except av.FFmpegError as error:
            raise RenderError(f"the limiter stopped: {error}") from error
        assert isinstance(limited, av.AudioFrame)
        return limited.to_ndarray().reshape(-1, CHANNELS).astype(np.float32)
