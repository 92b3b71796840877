"""What an operator is told of who listened."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from storage import queries
from storage.database import Database
from tests.storage.broadcasts import hour_of
from tests.web.conftest import NO_MODEL, OnAir, on_air
from tests.web.listening import listen
from web.audience import hour_view


async def test_only_the_operator_is_told(http: aiohttp.ClientSession) -> None:
    async with http.get("/api/v1/audience") as answer:
        assert answer.status == 401


async def test_it_says_who_listens_now(station: OnAir, http: aiohttp.ClientSession) -> None:
    async with (
        listen(station.port, "/stations/night/stream.opus"),
        http.get("/api/v1/audience?station=night", headers=station.operator) as answer,
    ):
        told = await answer.json()
    assert told.keys() == {"station", "now", "unique_today", "hours"}
    assert (told["station"], told["now"]["opus"]) == ("night", 1)


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
    ],
)
async def test_a_time_that_is_none_is_refused(
    station: OnAir, http: aiohttp.ClientSession, query: str
) -> None:
    async with http.get(f"/api/v1/audience?{query}", headers=station.operator) as answer:
        assert answer.status == 400
        assert "from" in (await answer.json())["error"]


def test_an_hour_with_a_restart_is_one_hour() -> None:
    told = hour_view([hour_of(seconds=900), hour_of(broadcast="b2", seconds=1_800)])
    assert told == {
        "hour": "2026-01-01T12:00:00+00:00",
        "mount": "mp3",
        "peak": 3,
        "unique": 4,
        "sessions": 8,
        "listening_hours": 0.75,
    }


async def test_told_to_end_the_station_keeps_what_was_heard(tmp_path: Path) -> None:
    with on_air(tmp_path, generator=NO_MODEL) as station:
        async with listen(station.port, "/stream.mp3") as listening:
            await listening.read(7 * 16_000)
    database = Database.open(f"sqlite:///{tmp_path}/data/latentfm.db")
    now = datetime.now(UTC)
    hours = queries.listening_hours(database, "main", now - timedelta(hours=2), now)
    database.close()
    assert sum(hour.sessions for hour in hours) == 1
    assert sum(hour.listening_seconds for hour in hours) > 1


def test_no_address_is_in_the_database(station: OnAir) -> None:
    names = set()
    with sqlite3.connect(station.log.with_name("data") / "latentfm.db") as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            names |= {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
    database.close()
    assert "listening_seconds" in names
    assert not {"address", "ip", "user_agent", "player", "hash", "digest"} & names
