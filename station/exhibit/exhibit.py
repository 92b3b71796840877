"""The exhibit of a programme: one station in one room."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import Any

from station.errors import SettingsError
from station.exhibit.hours import Hours
from station.exhibit.room import Room
from station.exhibit.room_file import RoomFile
from station.exhibit.sound_card import SoundCard
from station.exhibit.wires import Wires, watched
from station.settings import Settings
from station.station import Station
from station.timeline import utc_now
from storage.journal import Journal
from storage.records import StationEvent

FILE = "exhibit.json"  # in the data folder
GAIN_AHEAD = timedelta(seconds=0.2)  # what is told the sound card now is heard so much later


class Exhibit:
    """The room, and what hangs on it. Make it, and have it `running`."""

    def __init__(
        self,
        settings: Settings,
        hours: Hours,
        stations: Mapping[str, Station],
        journal: Journal,
    ) -> None:
        """`hours`: those of the settings, see `hours_of`."""
        self.settings = settings.exhibit
        self.station = stations[shown(settings)]
        self._journal = journal
        self.room = Room(
            hours,
            RoomFile(settings.storage.folder / FILE),
            volume=self.settings.volume,
            delay_ms=self.settings.delay_ms,
            note=self._note,
        )
        self.sound_card: SoundCard | None = None
        if self.settings.audio_device:
            self.sound_card = SoundCard(
                self.settings.audio_device,
                delay_ms=self.settings.delay_ms,
                due=self.station.timeline.due,
                gain=lambda: self.room.gain(utc_now() + GAIN_AHEAD),
                delayed=self._delayed,
            )
            self.station.outlets.sound.append(self.sound_card.publish)
        self.wires = Wires(self.settings, self.station, self.room, self.heard_at)

    def heard_at(self, position: float) -> float:
        """When the room hears a position, in seconds of time.monotonic."""
        return self.station.timeline.due(position) + self.room.heard_delay_ms / 1000

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Be there inside the block."""
        works: list[Callable[[], Any]] = [self.room.keep_hours]
        if self.sound_card:
            works.append(self.sound_card.run)
        tasks = [asyncio.create_task(watched(work)) for work in works]
        try:
            async with self.wires.running():
                yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(self.room.close)

    def _delayed(self, ms: float) -> None:
        self.room.heard_delay_ms = ms

    def _note(self, kind: str, detail: dict[str, Any]) -> None:
        self._journal.append(StationEvent(self.station.name, utc_now(), kind, detail))


def shown(settings: Settings) -> str:
    """Which station the exhibit shows.

    Raises:
        SettingsError: there is none of that name.
    """
    name = settings.exhibit.station or next(iter(settings.stations))
    if name not in settings.stations:
        known = ", ".join(settings.stations)
        raise SettingsError(f"[exhibit] station: none is called {name!r}; there are: {known}")
    return name


def hours_of(settings: Settings) -> Hours:
    """When the exhibit is open, by the clock of its station.

    Raises:
        SettingsError: nobody can know.
    """
    exhibit, station = settings.exhibit, settings.stations[shown(settings)]
    return Hours(exhibit.hours, station.timezone, exhibit.ramp_seconds)
