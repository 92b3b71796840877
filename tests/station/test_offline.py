"""A programme offline: the one that a station with its seed would air."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from generators.music import Piece
from generators.sampler import Sampler
from generators.weights import ModelFolder
from renderer.balancer import Balancer
from renderer.mastering import Master
from renderer.pcm import SAMPLE_RATE_HZ, Start
from renderer.synth import Synth
from station.clock import ticks
from station.offline import Offline
from station.settings import GeneratorSettings, Settings, StationSettings
from station.show_settings import ShowSettings
from station.station import Station
from storage.database import Database
from storage.journal import Journal
from tests.fonts import FONT
from tests.station.bystanders import without_mastering
from tests.station.fakes import MIDNIGHT, NULL_FORMATS, FakeTime, InProcess, NullSynth

SEED = 7
MINUTES = 6
NIGHT = ShowSettings(name="Night", starts=time(0), tempo_qpm=(110, 140), bridge_bars=2)
SOON = ShowSettings(name="Soon", starts=time(0, 1), tempo_qpm=(120, 150), bridge_bars=2)
SHORT = {"forms": ("AA",), "tempo_qpm": (150, 160)}  # a minute a piece: they are measured whole
TRIO = NIGHT.model_copy(update={"melody": ("Vibraphone",), "bass": ("Acoustic Bass",), **SHORT})
make_synth = partial(Synth, FONT)


def settings_of(*shows: ShowSettings, shelf_minutes: float = 2) -> Settings:
    return Settings(
        generator=GeneratorSettings(candidates=2, shelf_minutes=shelf_minutes),
        stations={"main": StationSettings(shows=shows, seed=SEED)},
    )


def offline(decoder: InProcess, *shows: ShowSettings) -> Offline:
    return Offline(settings_of(*shows), "main", decoder, None, seed=SEED, begins=MIDNIGHT)


@pytest.fixture(scope="module")
def made(sampler: Sampler, model_folder: ModelFolder) -> list[tuple[Start, datetime]]:
    """Two shows' programme, and the time by its own clock at the beginning of each piece."""
    programme = offline(InProcess(sampler, model_folder), NIGHT, SOON)

    async def listen() -> list[tuple[Start, datetime]]:
        return [(start, programme.utc()) async for start in programme.pieces(60 * MINUTES)]

    return asyncio.run(listen())


class OnAir(FakeTime):
    """The scheduler and the clock of a station, until the time is over."""

    station: Station

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.station.begin_show()
        await self.station.top_up()
        if self.seconds >= 60 * MINUTES:
            await self.station.close()


async def aired(decoder: InProcess, folder: Path, *shows: ShowSettings) -> list[Piece]:
    """What a station with the same settings airs, from a shelf that was full when it began."""
    database, on_air = Database.open(f"sqlite:///{folder}/air.db"), OnAir()
    journal = Journal(folder / "journal", database)
    on_air.station = station = Station(
        "main",
        settings_of(*shows),
        decoder,  # type: ignore[arg-type]  # a Decoder, which is all that composing needs
        journal,
        NullSynth,  # type: ignore[arg-type]  # a stand-in
        seed=SEED,
        formats=NULL_FORMATS,
        clock=partial(ticks, now=on_air.now, sleep=on_air.sleep),
        utc=on_air.utc,
    )
    without_mastering(station)
    heard: list[Piece] = []
    station.timeline.watch(lambda start: heard.append(start.piece))
    try:
        await station.top_up()
        await station.run()
        station.free()
    finally:
        journal.close(5)
        database.close()
    return heard


async def test_it_has_the_notes_that_the_station_would_air(
    made: list[tuple[Start, datetime]], decoder: InProcess, tmp_path: Path
) -> None:
    heard = await aired(decoder, tmp_path, NIGHT, SOON)
    assert len(made) > 4
    assert [start.piece.id for start, _ in made] == [piece.id for piece in heard[: len(made)]]


def test_time_passes_with_the_music(made: list[tuple[Start, datetime]]) -> None:
    for start, utc in made:
        assert utc - MIDNIGHT == timedelta(seconds=start.position / SAMPLE_RATE_HZ)


def test_shows_change_at_their_hour(made: list[tuple[Start, datetime]]) -> None:
    shows = [start.piece.show for start, _ in made]
    assert shows[0] == "Night"
    assert shows[-1] == "Soon"
    assert shows == sorted(shows)  # N before S: once over, and not back


async def test_the_same_seed_sounds_the_same(sampler: Sampler, model_folder: ModelFolder) -> None:
    def sound() -> tuple[int, str]:
        decoder, balancer = InProcess(sampler, model_folder), Balancer(make_synth)
        settings = settings_of(TRIO, shelf_minutes=0.5)  # all that is on it is measured
        programme = Offline(settings, "main", decoder, balancer, seed=SEED, begins=MIDNIGHT)
        return asyncio.run(digest(programme))

    async def digest(programme: Offline) -> tuple[int, str]:
        blocks = [block async for block in programme.sound(make_synth, 4.2)]
        whole = np.concatenate(blocks)
        assert np.abs(whole[: SAMPLE_RATE_HZ // 2]).max() > 0.01  # it begins at once
        return len(whole), hashlib.sha256(whole.tobytes()).hexdigest()

    one = await asyncio.to_thread(sound)
    assert one == await asyncio.to_thread(sound)
    assert one[0] == round(4.2 * SAMPLE_RATE_HZ)
    assert Master.delay_frames > 0  # or there would be nothing to take off
