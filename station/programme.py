"""Everything on air in this process: the stations, and what they share."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

from generators.weights import SHIPPED_MODEL
from renderer.balancer import PIECES_REMEMBERED, Balancer
from station.composer import REMEMBERED
from station.exhibit.exhibit import Exhibit, hours_of
from station.fonts import open_fonts, wanted
from station.generator import Generator
from station.scheduler import Scheduler
from station.settings import Settings
from station.shelf import ARCHIVE_PIECES
from station.space import Space
from station.station import BLOCK_SECONDS, Station
from station.taste import DAYS, PIECES, Taste
from station.timeline import utc_now
from station.turns import Turns
from storage import queries
from storage.database import Database
from storage.errors import DatabaseError
from storage.journal import Journal
from storage.nearest import Nearest
from storage.ratings import liked
from storage.retention import prune

logger = logging.getLogger(__name__)

OPENING_SECONDS = 10.0
DRAIN_SECONDS = 3.0  # to write what is left when the station closes


class Programme:
    """Stations, with the generator process, the database and the scheduler that serve them."""

    def __init__(self, settings: Settings) -> None:
        """
        Raises:
            SoundFontError: there is nothing to play with.
            JournalError: another server writes to the same folder.
            SettingsError: the exhibit shows a station that is not there, or its hours are none.
        """
        hours = hours_of(settings)  # what is wrong in them is said before anything is opened
        self.settings = settings
        self.folder = settings.storage.folder
        fonts, faults = open_fonts(settings)
        for fault in faults:
            logger.warning("%s. Until then %s plays in its place", fault, fonts.own.name)
        self.fonts = fonts  # all there are: an archived piece may ask for any
        # A synth that cannot be made is said now, not on air.
        make_synth = fonts.only(wanted(settings)).loaded().synth
        self.folder.mkdir(parents=True, exist_ok=True)
        self.space = Space(self.folder)
        self.database = Database(database_url(settings))
        self.journal = Journal(self.folder, self.database)
        self.nearest = Nearest(self.folder / "nearest", self.database)
        self.generator = Generator(
            settings.generator.model or SHIPPED_MODEL, settings.generator.partners
        )
        self.balancer = Balancer(make_synth, PIECES_REMEMBERED * len(settings.stations))
        turns = Turns()
        self.stations = {
            name: Station(
                name,
                settings,
                self.generator,
                self.journal,
                make_synth,
                seed=secrets.randbits(63) if station.seed is None else station.seed,
                balancer=self.balancer,
                turns=turns,
            )
            for name, station in settings.stations.items()
        }
        self.exhibit = Exhibit(settings, hours, self.stations, self.journal)
        self.scheduler = Scheduler(self)

    @property
    def first(self) -> Station:
        """The station that has the short addresses."""
        return next(iter(self.stations.values()))

    @property
    def listeners(self) -> int:
        return sum(station.listeners for station in self.stations.values())

    @property
    def on_air(self) -> bool:
        return all(station.on_air for station in self.stations.values())

    @property
    def note(self) -> str | None:
        """What is wrong, for anybody who listens; None when all is well. The log says more."""
        notes = []
        if self.generator.fault:
            notes.append("The model is away: archived and rule-made music plays until it is back.")
        if self.journal.degraded:
            notes.append("The database is away: the log is kept in a file until it is back.")
        if self.space.note:
            notes.append(self.space.note)
        return " ".join(notes) or None

    @contextlib.asynccontextmanager
    async def on_the_air(self) -> AsyncIterator[None]:
        """Be on air inside the block."""
        await self._open_database()
        await self.stock_shelves()
        for station in self.stations.values():
            await self._resume(station)
        running = [asyncio.create_task(self._run(*each)) for each in enumerate(self.stations)]
        self.scheduler.start()
        self.nearest.start()
        try:
            for station in self.stations.values():
                await station.began.wait()
            async with self.exhibit.running():
                yield
        finally:
            self.scheduler.stop()
            for station in self.stations.values():
                await station.close()
            await asyncio.gather(*running)
            for station in self.stations.values():
                station.free()
            await self.count_listeners()
            await self.generator.close()
            await asyncio.to_thread(self.nearest.close)
            if not await asyncio.to_thread(self.journal.close, DRAIN_SECONDS):
                logger.warning("the rest of the journal is left for the next start")
            self.database.close()

    async def stock_shelves(self) -> None:
        """Bring archived pieces within reach of each station that has none."""
        for name, station in self.stations.items():
            if station.shelf.has_archive:  # it keeps its own since
                continue
            with _database_may_fail("archive"):
                read = partial(queries.recent_pieces, self.database, name, ARCHIVE_PIECES)
                newest_first = await asyncio.to_thread(read)
                await asyncio.to_thread(station.shelf.stock, newest_first[::-1])

    async def count_listeners(self) -> None:
        """So that a `kill -9` loses no more than the listening since the last call.

        On a full disk it is counted later: until there is room, or the station ends.
        """
        if self.space.allows_samples():
            return
        for station in self.stations.values():
            for hour in station.audience.count():
                self.journal.append(hour)

    async def look_at_disk(self) -> None:
        await asyncio.to_thread(self.space.look)

    async def learn_taste(self) -> None:
        """Have composers lean to what listeners like; a seed promises what it always gave."""
        model, weight = self.generator.model, self.settings.ratings.weight
        if model is None or not weight:
            return
        since = utc_now() - timedelta(days=DAYS)
        with _database_may_fail("taste"):
            read = partial(liked, self.database, model.sha256, since, PIECES)
            taste = Taste.of(await asyncio.to_thread(read), weight)
            for station in self.stations.values():
                if station.settings.seed is None:
                    station.composer.taste = taste

    async def prune(self) -> None:
        days = self.settings.storage.keep_samples_days
        now = self.first.timeline.utc(self.first.position)
        with _database_may_fail("prune"):
            rows = await asyncio.to_thread(prune, self.database, days, now)
            logger.info("pruned %d rows", rows)

    async def _open_database(self) -> None:
        """Wait for it, but not for ever: bringing a large one up to date takes minutes."""
        opening = asyncio.ensure_future(asyncio.to_thread(self.database.prepare))
        done, _ = await asyncio.wait({opening}, timeout=OPENING_SECONDS)
        if not done:
            logger.warning("the database is not open yet: on air without it until it is")
            opening.add_done_callback(lambda late: late.exception())  # the journal will say it
            return
        with _database_may_fail("opening"):
            opening.result()

    async def _run(self, number: int, name: str) -> None:
        """Be on air with one station."""
        await asyncio.sleep(begins_after_seconds(number, len(self.stations)))
        await self.stations[name].run()

    async def _resume(self, station: Station) -> None:
        """Begin with the last piece of the broadcast before: the walk goes on from there."""
        with _database_may_fail("resume"):
            read = partial(queries.last_airing, self.database, station.name)
            if (last := await asyncio.to_thread(read)) is not None:
                station.shelf.add([last.piece], after=None)
            heard = partial(queries.recent_pieces, self.database, station.name, REMEMBERED)
            newest_first = await asyncio.to_thread(heard, origins=("sampled",))
            station.composer.remember(newest_first[::-1])


def begins_after_seconds(number: int, stations: int) -> float:
    """When a station begins: two in the time of a block, and each with a moment of its own in it.

    All at once, then and at each block, they would wait for each other, and the last be late.
    """
    return BLOCK_SECONDS * (number // 2 + number / stations)


@contextlib.contextmanager
def _database_may_fail(task: str) -> Iterator[None]:
    """None of this is needed for sound: say so and go on."""
    try:
        yield
    except DatabaseError as error:
        logger.warning("%s: %s", task, error)


def database_url(settings: Settings) -> str:
    path: Path = settings.storage.folder / "latentfm.db"
    return settings.storage.url or f"sqlite:///{path}"
