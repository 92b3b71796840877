"""A programme that nobody waits for: the producer of the air, and the music its own clock.

A piece is taken, the show of that moment is looked up and the shelf filled again, as on air. So
a seed gives the same notes as a station with that seed would play, from a shelf that was full when
it began; on a slow machine and on a fast one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from datetime import datetime, timedelta

import numpy as np

from generators.music import Piece
from renderer.balancer import Balancer
from renderer.mastering import Master
from renderer.pcm import SAMPLE_RATE_HZ, Start
from renderer.player import Player
from renderer.score import frames_of
from renderer.synth import Synth
from station.bridges import Decoder
from station.producer import Producer
from station.settings import Settings

BLOCK_FRAMES = SAMPLE_RATE_HZ // 2


class Offline:
    """One station's programme from a moment on, piece by piece."""

    def __init__(
        self,
        settings: Settings,
        station: str,
        decoder: Decoder,
        balancer: Balancer | None,
        *,
        seed: int,
        begins: datetime,
    ) -> None:
        """`begins` is the time of day it is made for, UTC; `balancer` as in Producer."""
        self._began = begins
        self._begin = 0  # of the piece that was taken last: position
        self._end = 0
        self.balancer = balancer
        self.producer = Producer(
            settings, station, decoder, balancer, seed=seed, steady=True, utc=self.utc
        )

    @property
    def seconds(self) -> float:
        """Of music that were taken."""
        return self._end / SAMPLE_RATE_HZ

    def utc(self) -> datetime:
        """Now: when the piece that was taken last begins."""
        return self._began + timedelta(seconds=self._begin / SAMPLE_RATE_HZ)

    def take(self) -> Piece:
        """The next piece; time goes on to where it begins. Fill the shelf first."""
        self._begin = self._end
        self.producer.begin_show()
        piece = self.producer.shelf.take()
        self._end += frames_of(piece)
        return piece

    async def pieces(self, seconds: float) -> AsyncIterator[Start]:
        """So much of the programme, without a sound.

        Raises:
            WorkerError: the generator failed.
        """
        while self.seconds < seconds:
            await self.producer.top_up()
            piece = self.take()
            yield Start(self._begin, piece)

    async def sound(
        self, make_synth: Callable[[], Synth], seconds: float
    ) -> AsyncGenerator[np.ndarray, None]:
        """So much of the programme as it sounds on air: blocks of float32 (frames, 2).

        Raises:
            WorkerError, SynthError, SoundFontError: it cannot be composed or played.
        """
        assert self.balancer is not None, "an offline programme that sounds needs its balance"
        await self.producer.top_up()
        synth, master = make_synth(), Master()
        try:
            player = Player(synth, self.take, self.balancer.of)
            late = master.delay_frames  # of what comes out: nothing sounds in it yet
            left = round(seconds * SAMPLE_RATE_HZ)
            while left > 0:
                pcm = player.render(BLOCK_FRAMES)
                if pcm.starts:
                    await self.producer.top_up()
                samples = master.process(pcm.samples)[late:][:left]
                late = max(0, late - BLOCK_FRAMES)
                left -= len(samples)
                yield samples
        finally:
            synth.close()
