"""One station on air: its clock pulls blocks of sound and gives them to its mounts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from secrets import token_hex
from typing import Any

from generators.errors import WorkerError
from renderer.balancer import Balancer
from renderer.formats import FORMATS, Format
from renderer.joins import HeardJoin
from renderer.pcm import SAMPLE_RATE_HZ, Start
from renderer.synth import Synth
from station.ahead import Ahead
from station.audience import Audience
from station.clock import ticks
from station.controls import Controls
from station.cues import OFF_AIR, SOUND, off_air_detail, sound_detail
from station.dials import Dials
from station.exhibit.moments import Passage
from station.generator import Generator
from station.hls import HLS
from station.outlets import Outlets
from station.producer import Producer
from station.replan import Promise, Replanner
from station.settings import Settings
from station.show_settings import ShowSettings
from station.synthesis import Block, Synthesis
from station.timeline import Timeline, utc_now
from station.turns import Turns
from storage.journal import Journal
from storage.records import Airing, Broadcast, Join, StationEvent

logger = logging.getLogger(__name__)

BLOCK_SECONDS = 0.5
BLOCK_FRAMES = round(BLOCK_SECONDS * SAMPLE_RATE_HZ)
PLAYER_SEGMENTS = 3  # so many a player of HLS keeps ahead: it is there as long
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
        balancer: Balancer | None = None,
        turns: Turns | None = None,
        formats: Mapping[str, Format] = FORMATS,
        clock: Callable[..., AsyncIterator[int]] = ticks,
        utc: Callable[[], datetime] = utc_now,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`balancer` and `turns` are those of all stations, where there are several."""
        self.name = name
        self.settings = settings.stations[name]
        self.generator = generator
        self.balancer = balancer or Balancer(make_synth)
        self.producer = Producer(
            settings,
            name,
            generator,
            self.balancer,
            seed=seed,
            # A seed promises the same programme at each start.
            steady=self.settings.seed is not None,
            utc=utc,
            now=now,
            turns=turns,
        )
        self.shelf, self.composer = self.producer.shelf, self.producer.composer
        self.timeline = Timeline(utc())
        self.broadcast = Broadcast(token_hex(8), name, utc())
        self.audience = Audience(
            self.broadcast.id,
            name,
            stay_seconds=PLAYER_SEGMENTS * settings.hls.segment_seconds,
            utc=utc,
            now=now,
        )
        self.aired: dict[str, int] = {}  # pieces begun since the start, by origin
        self._journal = journal
        self._clock = clock
        self._utc = utc
        self._now = now
        self._position = 0  # of the next frame to go on air
        self._begun: Start | None = None  # the last one rendered; the synth thread's
        self.ahead = Ahead(self._begin_block, now)
        # Told of each block on the synth thread, when it is made. May neither wait nor fail.
        self.made: Callable[[Passage], None] = lambda passage: None
        self.began = asyncio.Event()  # the first sound was published
        self._published = asyncio.Event()  # set for a moment, each time a block was
        self._closing = asyncio.Event()
        self.outlets = Outlets(
            settings,
            name,
            self.broadcast.id,
            self.timeline,
            formats=formats,
            title_at=self.title_at,
        )
        self.mounts, self.hls = self.outlets.mounts, self.outlets.hls
        self.synthesis = Synthesis(
            make_synth, self.shelf.take, self.outlets.coded, self.balancer.of
        )
        self._synth_thread = ThreadPoolExecutor(1, thread_name_prefix=f"synth-{name}")
        self.replanner = Replanner(
            self.producer,
            self.synthesis.player,
            lambda: self._begun,
            on_synth=self._between_blocks,
            next_block=self._published.wait,
            note=self._note,
        )

    async def run(self) -> None:
        """Be on air until `close`."""
        self._journal.append(self.broadcast)
        self._restarted()
        logger.info("%s is on air: %s", self.name, self.settings.title)
        async for _ in self._clock(BLOCK_SECONDS, restarted=self._restarted):
            if self._closing.is_set():
                break
            self._publish(await self.ahead.next())
        for block in await self.ahead.rest():
            self._publish(block)
        self._note(OFF_AIR, off_air_detail(self.broadcast.id, self._position))
        await self.replanner.close()

    async def close(self) -> None:
        """Fade out and let every listener go."""
        self._closing.set()

    def free(self) -> None:
        """After `run` has ended: end the streams, free synth and encoders."""
        self.outlets.close()
        self._synth_thread.submit(self.synthesis.close)
        self._synth_thread.shutdown()

    @property
    def show(self) -> ShowSettings:
        return self.producer.show

    @property
    def controls(self) -> Controls:
        return self.producer.controls

    @property
    def dials(self) -> Dials:
        """What a piece composed now would be made with."""
        return self.producer.dials

    @property
    def position(self) -> int:
        """The newest frame that was published."""
        return self._position

    @property
    def listeners(self) -> int:
        return sum(self.listeners_by_mount.values())

    @property
    def listeners_by_mount(self) -> dict[str, int]:
        """Of HLS, who asked for its playlist a short while ago."""
        counts = {name: mount.listeners for name, mount in self.mounts.items()}
        return counts | ({HLS: self.audience.current(HLS)} if self.hls else {})

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

    async def skip(self, source: str = "http") -> None:
        """Fade over into the next piece, now. `source` is who wants it, for the log."""
        await self._between_blocks(self._leave)
        self._note("skip", {"source": source})

    async def turn(self, changes: dict[str, Any], source: str = "http") -> Promise:
        """Change the controls; when that will be heard. `source` is who turns: "http", "osc",
        "sensor:NAME".

        Raises:
            ValueError: see Controls.changed.
        """
        before = self.controls
        self.producer.turn(changes)
        changed = self.controls != before
        if changed:
            self._note("controls", {**self.controls.as_dict(), "source": source})
        if self.generator.fault:
            return self.replanner.put_off(changed=changed)
        return await self.replanner.promise(self._position, changed=changed)

    def begin_show(self) -> None:
        """Go over to the show of this hour, if it is another."""
        if self.producer.begin_show():
            logger.info("%s: %s begins", self.name, self.show.name)
            self._note("show", {"name": self.show.name})

    async def top_up(self) -> None:
        """Compose until the shelf is full, or the generator fails."""
        if not self.generator.fault:
            self.replanner.catch_up()
        with contextlib.suppress(WorkerError):  # it has said why; it will be asked again
            await self.producer.top_up()

    def _restarted(self) -> None:
        """The clock starts here: the next block goes on air now."""
        self.timeline.on_air_at(self._position, self._utc(), self._now())

    async def _between_blocks(self, work: Callable[[], Any]) -> Any:
        """Do something on the synth thread, while the player stands still."""
        return await asyncio.get_running_loop().run_in_executor(self._synth_thread, work)

    def _leave(self) -> None:
        """On the synth thread: on to the next real piece."""
        playing = self.synthesis.player.current
        if playing is None or playing.origin != "bridge":
            self.shelf.drop_bridge()
        self.synthesis.player.skip()

    def _begin_block(self, ending: bool) -> asyncio.Future[Block]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._synth_thread, self._make, ending)

    def _make(self, ending: bool) -> Block:
        """On the synth thread: a block ahead of the clock."""
        position = self.synthesis.player.position
        block = self.synthesis.block(BLOCK_FRAMES, fade_out=ending)
        self.made(Passage(position, BLOCK_FRAMES, block.starts, *self.synthesis.player.span))
        for start in block.starts:
            self._begun = start
            airing = Airing(
                self.broadcast.id,
                self.name,
                start.position,
                start.piece.id,
                self.timeline.utc(start.position),
            )
            self._journal.aired(start.piece, airing)  # on disk before its first packet is sent
            if start.piece.origin != "bridge":  # of which nobody hears much
                measured = self.balancer.has_measured(start.piece)
                position, level = self.synthesis.player.position, self.synthesis.level
                self._note(SOUND, sound_detail(airing, measured, position, level))
        for join in block.joins:
            self._journal.append(self._join(join))
        return block

    def _join(self, heard: HeardJoin) -> Join:
        return Join(
            broadcast_id=self.broadcast.id,
            station=self.name,
            position=heard.position,
            gap_frames=heard.gap_frames,
            loudness_step_lu=heard.loudness_step_lu,
            **asdict(heard.notes),
        )

    def _publish(self, block: Block) -> None:
        """Give a block to all. Whatever that runs into, the next block follows."""
        self._position += BLOCK_FRAMES
        try:
            for start in block.starts:
                self._announce(start)
        except Exception:  # this is the supervisor of the station's own sound
            logger.exception("%s: a piece was not announced; going on", self.name)
        self.outlets.publish(block)
        self.began.set()
        self._published.set()
        self._published.clear()

    def _announce(self, start: Start) -> None:
        piece = start.piece
        self.aired[piece.origin] = self.aired.get(piece.origin, 0) + 1
        logger.info("%s plays %s (%s, %s)", self.name, piece.title, piece.origin, piece.id)
        self.timeline.add(start)

    def _note(self, kind: str, detail: dict[str, Any]) -> None:
        self._journal.append(StationEvent(self.name, self._utc(), kind, detail))
