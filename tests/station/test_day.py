"""A simulated day of 24 hours: everything real but time, the synth, the limiter and coding.

One mount is on air, and bridges are the first that can be had: how good they are is for
tests/station/test_bridges.py to say.
"""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass
from datetime import time, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from generators.music import Piece
from generators.sampler import Sampler
from generators.weights import ModelFolder
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.score import frames_of
from station import bridges
from station.clock import ticks
from station.settings import GeneratorSettings, Settings, StationSettings
from station.show_settings import ShowSettings
from station.shows import show_at
from station.station import BLOCK_FRAMES, BLOCK_SECONDS, Station
from station.stream_settings import HlsSettings, StreamSettings
from storage import queries
from storage.database import Database
from storage.journal import Journal
from storage.records import AiredPiece, StationEvent
from tests.station.bystanders import without_mastering
from tests.station.fakes import (
    MIDNIGHT,
    NULL_FORMATS,
    Ear,
    FakeTime,
    InProcess,
    NullSynth,
)

pytestmark = pytest.mark.timeout(400)  # on two busy cores; 25 s on quiet ones

HOURS = 24
HOUR = 3600
TOP_UP_SECONDS = 30  # the scheduler's are 2; a shelf of four minutes cannot tell
PROMISED_SECONDS = 10 * 60  # what was on its way when a show began: a piece, a bridge, a piece
MOST_GROWTH_BYTES = 15_000_000  # a day's packets alone, if a mount kept them, are more
SHOWS = tuple(
    ShowSettings(
        name=name,
        starts=time(hour),
        tempo_qpm=tempo,
        temperature=0.6,
        forms=("AaBA" * 4, "ABaC" * 4),
    )
    for name, hour, tempo in (
        ("small hours", 0, (40, 44)),
        ("morning", 6, (50, 54)),
        ("afternoon", 13, (60, 64)),
        ("night", 21, (44, 48)),
    )
)


class Day(FakeTime):
    """Does the scheduler's work as time passes, and puts the station off air in the end."""

    def __init__(self, hours: int) -> None:
        super().__init__()
        self.station: Station
        self.ear = Ear()
        self.resident_bytes: dict[int, int] = {}  # by hour
        self.pieces: dict[int, int] = {}  # in memory, at two hours
        self._end = hours * HOUR

    async def sleep(self, seconds: float) -> None:
        before, self.seconds = self.seconds, self.seconds + seconds
        if self.seconds // TOP_UP_SECONDS > before // TOP_UP_SECONDS:
            self.station.begin_show()
            await self.station.top_up()
        if before < 60 <= self.seconds:
            self.ear.send(self.station.mounts["opus"].join(self.ear)[0])
        if self.seconds // HOUR > before // HOUR:
            hour = int(self.seconds // HOUR)
            self.resident_bytes[hour] = resident_bytes()
            if hour in (2, HOURS):
                self.pieces[hour] = sum(type(each) is Piece for each in gc.get_objects())
        if self.seconds >= self._end:
            await self.station.close()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is left of the day: how it went, and what the database says was heard."""

    day: Day
    aired: list[AiredPiece]  # oldest first
    events: list[StationEvent]  # oldest first
    heard: bytes  # by a listener who came in the second minute and stayed


async def broadcast(hours: int, decoder: InProcess, folder: Path) -> Aftermath:
    settings = Settings(
        generator=GeneratorSettings(candidates=1),
        stream=StreamSettings(mounts=("opus",)),
        hls=HlsSettings(enabled=False),
        stations={"main": StationSettings(shows=SHOWS)},
    )
    database = Database.open(f"sqlite:///{folder}/day.db")
    journal, day = Journal(folder / "journal", database), Day(hours)
    day.station = station = Station(
        "main",
        settings,
        decoder,  # type: ignore[arg-type]  # a Decoder, which is all that composing needs
        journal,
        NullSynth,  # type: ignore[arg-type]  # a stand-in
        seed=1,
        formats=NULL_FORMATS,
        clock=partial(ticks, now=day.now, sleep=day.sleep),
        utc=day.utc,
    )
    without_mastering(station)
    try:
        await station.run()
        station.free()
        assert await asyncio.to_thread(journal.flush, 60)
        aired = queries.airings_before(database, "main", limit=100_000)
        events = queries.events(database, "main", limit=100_000)
    finally:
        journal.close(5)
        database.close()
    return Aftermath(day, aired[::-1], events[::-1], bytes(day.ear.heard))


@pytest.fixture(scope="module")
def aftermath(
    sampler: Sampler, model_folder: ModelFolder, tmp_path_factory: pytest.TempPathFactory
) -> Aftermath:
    decoder, folder = InProcess(sampler, model_folder), tmp_path_factory.mktemp("day")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bridges, "ROUNDS", 1)
        patch.setattr(bridges, "BATCH_BARS", 1)
        return asyncio.run(broadcast(HOURS, decoder, folder))


def test_pieces_follow_each_other_to_the_frame(aftermath: Aftermath) -> None:
    aired = aftermath.aired
    assert aired[0].airing.position == 0
    for one, following in pairwise(aired):
        assert one.airing.position + frames_of(one.piece) == following.airing.position
    last = aired[-1]
    assert last.airing.position + frames_of(last.piece) >= HOURS * HOUR * SAMPLE_RATE_HZ


def test_no_piece_is_heard_twice_unless_the_log_says_so(aftermath: Aftermath) -> None:
    new = [each.piece.id for each in aftermath.aired if not each.airing.replayed]
    assert len(set(new)) == len(new)
    assert len(new) == len(aftermath.aired)


def test_the_shelf_is_empty_only_before_the_first_piece(aftermath: Aftermath) -> None:
    origins = [each.piece.origin for each in aftermath.aired]
    assert "pattern" not in origins[2:]
    assert aftermath.day.station.aired["sampled"] > 12 * HOURS


def test_a_bridge_leads_from_each_piece_to_the_next(aftermath: Aftermath) -> None:
    for one, bridge, other in zip(*(aftermath.aired[n:] for n in range(3)), strict=False):
        if bridge.piece.origin == "bridge":
            assert bridge.piece.parents == (one.piece.id, other.piece.id)
            assert bridge.piece.tempo_qpm == one.piece.tempo_end_qpm
            assert bridge.piece.tempo_end_qpm == other.piece.tempo_qpm
    origins = [each.piece.origin for each in aftermath.aired[3:]]
    assert all(a != b for a, b in pairwise(origins))


def test_shows_change_at_their_hours(aftermath: Aftermath) -> None:
    for each in aftermath.aired[2:]:
        now = each.airing.aired_at
        promised_before = now - timedelta(seconds=PROMISED_SECONDS)
        possible = {show_at(SHOWS, "UTC", when).name for when in (now, promised_before)}
        assert each.piece.show in possible
    begun = [(e.detail["name"], e.at.hour) for e in aftermath.events if e.kind == "show"]
    assert begun[:3] == [(show.name, show.starts.hour) for show in SHOWS[1:]]


def test_the_wall_clock_of_each_airing_is_its_position(aftermath: Aftermath) -> None:
    for each in aftermath.aired:
        seconds = (each.airing.aired_at - MIDNIGHT).total_seconds()
        assert seconds == pytest.approx(each.airing.position / SAMPLE_RATE_HZ, abs=1e-3)


def test_a_listener_of_the_whole_day_misses_no_block(aftermath: Aftermath) -> None:
    positions = np.frombuffer(aftermath.heard, ">i8", offset=len(b"null"))
    assert set(np.diff(positions).tolist()) == {BLOCK_FRAMES}
    assert len(positions) * BLOCK_SECONDS > (HOURS - 1) * HOUR


def test_no_more_pieces_are_kept_after_a_day_than_after_two_hours(aftermath: Aftermath) -> None:
    pieces = aftermath.day.pieces
    assert pieces[2] > 0
    assert pieces[HOURS] - pieces[2] < 20  # what is on the shelf comes and goes


def test_memory_stays_flat_after_the_second_hour(aftermath: Aftermath) -> None:
    resident = aftermath.day.resident_bytes
    assert resident[HOURS] - resident[2] < MOST_GROWTH_BYTES
