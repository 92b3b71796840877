"""The synth thread's work: a block of programme into packets of every format.

What fails here is made anew, and costs one block of silence at most: the synth resumes the same
piece, an encoder restarts alone, the meter misses a join. The sound goes on whatever happens.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from generators.music import Piece
from renderer.balance import Balance, plain_balance
from renderer.encoding import Encoder
from renderer.formats import Format
from renderer.joins import HeardJoin, JoinMeter
from renderer.mastering import Level, Master
from renderer.pcm import SAMPLE_RATE_HZ, Packet, Pcm, Start
from renderer.player import Player
from renderer.synth import Synth

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of programme, ready to publish."""

    starts: tuple[Start, ...]
    packets: Mapping[str, list[Packet]]  # by mount
    joins: tuple[HeardJoin, ...] = ()  # that could be judged by now
    sound: Pcm | None = None  # what was encoded


@dataclass(slots=True)
class Cost:
    """Seconds of work, by part, and the seconds of sound they made."""

    render: float = 0.0
    encode: float = 0.0
    sound: float = 0.0


class Synthesis:
    """Synth, player, mastering, encoders and meter of one station. One thread uses it."""

    def __init__(
        self,
        make_synth: Callable[[], Synth],
        next_piece: Callable[[], Piece],
        formats: Mapping[str, tuple[Format, int]],
        balance_of: Callable[[Piece], Balance] = plain_balance,
    ) -> None:
        """`formats`: by mount, the format and its bitrate in kbit/s."""
        self._make_synth = make_synth
        self._synth = make_synth()
        self._master = Master()
        self._meter = JoinMeter()
        self._playing: tuple[Start, ...] = ()  # the newest start of the blocks before
        self._formats = formats
        self.player = Player(self._synth, next_piece, balance_of)
        self.encoders: dict[str, Encoder] = {name: self._encoder(name, 0) for name in formats}
        self.cost = Cost()

    def block(self, frames: int, fade_out: bool = False) -> Block:
        """The next `frames` frames; with `fade_out`, the last before the station goes off air."""
        started = time.thread_time()
        pcm = self._render(frames)
        samples = self._mastered(pcm.samples)
        if fade_out:
            samples = samples * np.linspace(1, 0, frames, dtype=np.float32)[:, None]
        joins = self._judged(samples, pcm)
        rendered = time.thread_time()
        packets = {name: self._encode(name, samples, pcm) for name in self._formats}
        sound = Pcm(samples, pcm.position - Master.delay_frames)
        self._playing = pcm.starts[-1:] or self._playing
        self.cost.render += rendered - started
        self.cost.encode += time.thread_time() - rendered
        self.cost.sound += frames / SAMPLE_RATE_HZ
        return Block(pcm.starts, packets, joins, sound)

    @property
    def level(self) -> Level | None:
        """Where the leveller is, after the last block."""
        return self._master.level

    def close(self) -> None:
        for encoder in self.encoders.values():
            encoder.close()
        self._synth.close()

    def _render(self, frames: int) -> Pcm:
        try:
            return self.player.render(frames)
        except Exception:  # whatever it was, the station stays on air
            logger.exception("the synth failed; making a new one")
        try:
            self._synth = self._make_synth()
            self.player.rebuild(self._synth)
            return self.player.render(frames)
        except Exception:
            logger.exception("the new synth failed too: a block of silence")
            return self.player.silence(frames)

    def _mastered(self, samples: np.ndarray) -> np.ndarray:
        try:
            return self._master.process(samples)
        except Exception:
            logger.exception("the limiter failed; making a new one")
            self._master = Master()
            clipped: np.ndarray = np.clip(samples, -1, 1)
            return clipped

    def _judged(self, samples: np.ndarray, pcm: Pcm) -> tuple[HeardJoin, ...]:
        try:
            return self._meter.listen(samples, pcm.position - Master.delay_frames, pcm.starts)
        except Exception:
            logger.exception("the meter of joins failed; making a new one")
            self._meter = JoinMeter()
            return ()

    def _encode(self, name: str, samples: np.ndarray, pcm: Pcm) -> list[Packet]:
        try:
            return self.encoders[name].encode(samples, pcm.starts)
        except Exception:
            logger.exception("the %s encoder failed; making a new one", name)
        try:
            encoder = self._encoder(name, pcm.position)
            packets = encoder.encode(samples, self._playing + pcm.starts)
        except Exception:
            logger.exception("the new %s encoder failed too", name)
            return []
        self.encoders[name] = encoder
        return packets

    def _encoder(self, name: str, position: int) -> Encoder:
        format, bitrate_kbps = self._formats[name]
        return format.encoder(bitrate_kbps, position - Master.delay_frames)
