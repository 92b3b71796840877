"""A programme goes on air and off again, with whatever it finds at its start."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.music import Piece
from generators.weights import ModelFolder
from station.candidates import STEADY
from station.controls import Controls
from station.fonts import library_of
from station.programme import Programme, begins_after_seconds, database_url
from station.settings import GeneratorSettings, Settings, StationSettings
from station.show_settings import DAY
from station.station import BLOCK_SECONDS
from storage import queries
from storage.database import Database
from storage.journal import Journal
from storage.records import AiredPiece, Airing
from tests.pieces import make_piece
from tests.station.fakes import MIDNIGHT
from tests.tiny_font import write_font


@pytest.fixture
def settings(settings: Settings, model_folder: ModelFolder) -> Settings:
    return settings.model_copy(update={"generator": GeneratorSettings(model=model_folder.path)})


@given(st.integers(1, 50))
def test_however_many_stations_there_are_their_blocks_are_spread_evenly(stations: int) -> None:
    begins = [begins_after_seconds(number, stations) for number in range(stations)]
    moments = sorted(each % BLOCK_SECONDS for each in begins)
    assert moments == pytest.approx([BLOCK_SECONDS * n / stations for n in range(stations)])
    assert max(begins) <= BLOCK_SECONDS * (stations + 1) / 2


def air_before(settings: Settings, pieces: list[Piece]) -> None:
    """What an earlier broadcast left in the database."""
    settings.storage.folder.mkdir()
    database = Database.open(database_url(settings))
    journal = Journal(settings.storage.folder, database)
    for position, piece in enumerate(pieces):
        journal.aired(piece, Airing("before", "main", position, piece.id, MIDNIGHT))
    assert journal.close(10)
    database.close()


def aired(settings: Settings) -> list[AiredPiece]:
    """Oldest first."""
    database = Database.open(database_url(settings))
    try:
        return queries.airings_before(database, "main")[::-1]
    finally:
        database.close()


async def test_a_broadcast_begins_with_the_last_piece_of_the_one_before(
    settings: Settings,
) -> None:
    pieces = [make_piece(seed=seed) for seed in range(3)]
    air_before(settings, pieces)
    async with Programme(settings).on_the_air():
        pass
    first = aired(settings)[3]
    assert (first.piece.id, first.airing.position) == (pieces[-1].id, 0)
    assert first.airing.replayed


async def test_the_archive_stands_by_with_what_was_heard_longest_ago_first(
    settings: Settings,
) -> None:
    pieces = [make_piece(seed=seed) for seed in range(3)]
    air_before(settings, pieces)
    programme = Programme(settings)
    async with programme.on_the_air():
        shelf = programme.first.shelf
        while shelf.next is not None:
            shelf.take()
        assert shelf.take().id == pieces[0].id


async def test_a_new_station_without_its_model_plays_by_rule_and_says_so(
    settings: Settings, tmp_path: Path
) -> None:
    broken = settings.model_copy(
        update={"generator": GeneratorSettings(model=tmp_path / "no model")}
    )
    programme = Programme(broken)
    async with programme.on_the_air():
        await programme.generator.keep_alive()
        assert "The model is away" in (programme.note or "")
    assert aired(broken)[0].piece.origin == "pattern"


async def test_the_programme_of_a_seed_does_not_hang_on_the_machines_speed(
    settings: Settings,
) -> None:
    stations = {"main": StationSettings(seed=1)}
    programme = Programme(settings.model_copy(update={"stations": stations}))
    async with programme.on_the_air():
        [piece] = await programme.first.composer.compose(None, DAY, Controls())
    assert piece.verdict is not None
    assert piece.verdict.candidates == STEADY


def asking(settings: Settings, soundfont: str) -> Settings:
    show = DAY.model_copy(update={"soundfont": soundfont})
    return settings.model_copy(update={"stations": {"main": StationSettings(shows=(show,))}})


async def test_a_show_is_played_with_the_font_it_asks_for(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    font = write_font(tmp_path / "bells.sf2", [(0, 0), (128, 0)], INAM="Bells")
    library_of(settings).add(font, licence="CC0", credits="Ada")
    programme = Programme(asking(settings, "bells"))
    async with programme.on_the_air():
        played = programme.first.playing
    assert played is not None
    assert played.piece.instruments.soundfont == "bells"
    assert programme.fonts.of(played.piece).font("bells").name == "Bells"
    assert not [record for record in caplog.records if "sound font" in record.message]


async def test_a_font_that_is_not_there_is_said_at_the_start(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    programme = Programme(asking(settings, "lost"))
    async with programme.on_the_air():
        assert programme.first.on_air
    assert "Daylight asks for the sound font lost" in caplog.text
    assert programme.fonts.font("lost") == programme.fonts.own


async def test_going_off_air_leaves_no_process_behind(settings: Settings) -> None:
    programme = Programme(settings)
    async with programme.on_the_air():
        await programme.generator.decode([])  # once it has loaded
        assert programme.generator.pid is not None
        assert programme.note is None
    assert programme.generator.pid is None
