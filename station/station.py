"""One station on air: its clock pulls blocks of sound and gives them to its mounts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from generators.errors import WorkerError
from generators.music import Instruments, Piece
from generators.patterns import pattern_piece
from renderer.formats import FORMATS, Format
from renderer.pcm import SAMPLE_RATE_HZ, Start
from renderer.synth import Synth
from station.candidates import STEADY
from station.clock import ticks
from station.composer import Composer
from station.controls import Controls
from station.generator import Generator
from station.mount import Mount
from station.settings import Settings
from station.shelf import Shelf
from station.shows import show_at
from station.synthesis import Block, Synthesis
from station.timeline import Timeline, utc_now
from storage.journal import Journal
from storage.records import Airing, Broadcast, StationEvent

logger = logging.getLogger(__name__)

BLOCK_SECONDS = 0.5
BLOCK_FRAMES = round(BLOCK_SECONDS * SAMPLE_RATE_HZ)
SILENT_AFTER_SECONDS = 5.0  # without a published block, the station is not healthy


class Station:
    """Everything one station owns. Make it, `run` it, `close` it."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        generator: Generator,
        journal: Journal,
        make_synth: Callable[[], Synth],
        *,
        seed: int,
        formats: Mapping[str, Format] = FORMATS,
        clock: Callable[..., AsyncIterator[int]] = ticks,
        utc: Callable[[], datetime] = utc_now,
    ) -> None:
        self.name = name
        self.settings = settings.stations[name]
        self.generator = generator
        self.controls = Controls()
        self.show = show_at(self.settings.shows, self.settings.timezone, utc())
        self.shelf = Shelf(self._pattern)
        self.timeline = Timeline(utc())
        self.broadcast = Broadcast(uuid4().hex, name, utc())
        self.aired: dict[str, int] = {}  # pieces begun since the start, by origin
        self._target_seconds = settings.generator.shelf_minutes * 60
        self._journal = journal
        self._clock = clock
        self._utc = utc
        self._seed = seed
        self._patterns = 0
        self._position = 0  # of the next frame to go on air
        self.began = asyncio.Event()  # the first sound was published
        self._closing = asyncio.Event()
        self.composer = Composer(
            generator,
            seed=seed,
            candidates=self._candidates(settings),
            clock=utc,
            stations=len(settings.stations),
        )
        stream = settings.stream
        bitrates = {"mp3": stream.mp3_bitrate_kbps, "opus": stream.opus_bitrate_kbps}
        self.mounts = {
            format: Mount(
                formats[format],
                bitrate_kbps=bitrate,
                burst_seconds=stream.burst_seconds,
                max_backlog_seconds=stream.max_backlog_seconds,
                title_at=self.title_at,
            )
            for format, bitrate in bitrates.items()
        }
        coded = {format: (formats[format], bitrate) for format, bitrate in bitrates.items()}
        self.synthesis = Synthesis(make_synth, self.shelf.take, coded)
        for format, mount in self.mounts.items():
            mount.headers = self.synthesis.encoders[format].headers
        self._synth_thread = ThreadPoolExecutor(1, thread_name_prefix=f"synth-{name}")

    async def run(self) -> None:
        """Be on air until `close`."""
        self._journal.append(self.broadcast)
        loop = asyncio.get_running_loop()
        ahead = loop.run_in_executor(self._synth_thread, self._make, False)
        self._restarted()
        logger.info("%s is on air: %s", self.name, self.settings.title)
        async for _ in self._clock(BLOCK_SECONDS, restarted=self._restarted):
            block = await ahead
            ending = self._closing.is_set()
            ahead = loop.run_in_executor(self._synth_thread, self._make, ending)
            self._publish(block)
            if ending:
                self._publish(await ahead)
                break

    async def close(self) -> None:
        """Fade out and let every listener go."""
        self._closing.set()

    def free(self) -> None:
        """After `run` has ended: end the streams, free synth and encoders."""
        for mount in self.mounts.values():
            mount.close()
        self._synth_thread.submit(self.synthesis.close)
        self._synth_thread.shutdown()

    @property
    def position(self) -> int:
        """The newest frame that was published."""
        return self._position

    @property
    def listeners(self) -> int:
        return sum(mount.listeners for mount in self.mounts.values())

    @property
    def on_air(self) -> bool:
        """Was sound published to every mount just now? All health questions ask this."""
        oldest = min(mount.published_at for mount in self.mounts.values())
        return time.monotonic() - oldest < SILENT_AFTER_SECONDS

    @property
    def playing(self) -> Start | None:
        return self.timeline.at(self._position)

    def title_at(self, position: int) -> str:
        start = self.timeline.at(position)
        return start.piece.title if start else self.settings.title

    def skip(self) -> None:
        """End what plays at its next bar line."""
        self.synthesis.player.skip()
        self._note("skip", {})

    def turn(self, changes: dict[str, Any]) -> Controls:
        """Change the controls; what is composed from now on follows them.

        Raises:
            ValueError: see Controls.changed.
        """
        self.controls = self.controls.changed(changes)
        self.shelf.trim()
        self._note("controls", self.controls.as_dict())
        return self.controls

    def begin_show(self) -> None:
        """Go over to the show of this hour, if it is another."""
        show = show_at(self.settings.shows, self.settings.timezone, self._utc())
        if show != self.show:
            self.show = show
            self.shelf.trim()
            logger.info("%s: %s begins", self.name, show.name)
            self._note("show", {"name": show.name})

    async def top_up(self) -> None:
        """Compose until the shelf is full, or the generator fails."""
        while self.shelf.seconds < self._target_seconds and not self._closing.is_set():
            after, show, controls = self.shelf.last, self.show, self.controls
            try:
                pieces = await self.composer.compose(after, show, controls, self.shelf.seconds)
            except WorkerError:
                return  # the generator has said why; it will be asked again
            if (show, controls) == (self.show, self.controls):
                self.shelf.add(pieces, after)

    def _candidates(self, settings: Settings) -> int | Literal["auto"]:
        """A seed promises the same programme at each start, on a slow machine and on a fast one."""
        wanted = settings.generator.candidates
        return STEADY if wanted == "auto" and self.settings.seed is not None else wanted

    def _restarted(self) -> None:
        """The clock starts here: the next block goes on air now."""
        self.timeline.on_air_at(self._position, self._utc())

    def _make(self, ending: bool) -> Block:
        """On the synth thread: a block ahead of the clock."""
        block = self.synthesis.block(BLOCK_FRAMES, fade_out=ending)
        for start in block.starts:
            airing = Airing(
                self.broadcast.id,
                self.name,
                start.position,
                start.piece.id,
                self.timeline.utc(start.position),
            )
            self._journal.aired(start.piece, airing)  # on disk before its first packet is sent
        return block

    def _publish(self, block: Block) -> None:
        """Give a block to all. Whatever that runs into, the next block follows."""
        self._position += BLOCK_FRAMES
        try:
            for start in block.starts:
                self._announce(start)
            for format, output in block.outputs.items():
                mount = self.mounts[format]
                if output.new_headers is not None:
                    mount.restarted(output.new_headers)
                mount.publish(output.packets)
        except Exception:  # this is the supervisor of the station's own sound
            logger.exception("%s: a block was not published whole; going on", self.name)
        self.began.set()

    def _announce(self, start: Start) -> None:
        piece = start.piece
        self.aired[piece.origin] = self.aired.get(piece.origin, 0) + 1
        logger.info("%s plays %s (%s, %s)", self.name, piece.title, piece.origin, piece.id)
        self.timeline.add(start)

    def _pattern(self) -> Piece:
        self._patterns += 1
        tempo = sum(self.show.tempo_qpm) / 2
        instruments = Instruments(
            self.show.melody_programs[0], self.show.bass_programs[0], self.show.drum_kits[0]
        )
        seed = (self._seed + self._patterns) % 2**63
        return pattern_piece(seed, self.show.name, tempo, instruments, self._utc)

    def _note(self, kind: str, detail: dict[str, Any]) -> None:
        self._journal.append(StationEvent(self.name, self._utc(), kind, detail))
