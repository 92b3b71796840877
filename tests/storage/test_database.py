"""What holds on SQLite and PostgreSQL alike."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from generators.music import Instruments
from generators.recipe import identified
from storage import queries, rows, tables
from storage.database import MIGRATIONS, Database
from storage.errors import DatabaseError, NewerDatabaseError, UnavailableError
from storage.records import Broadcast
from storage.writing import store
from tests.pieces import make_piece
from tests.storage.broadcasts import BEGAN


def test_the_migrations_make_the_tables_of_the_code(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []


def test_a_database_from_before_there_were_verdicts_keeps_its_pieces(bare_url: str) -> None:
    piece = make_piece(seed=2**63 - 1)
    piece = identified(replace(piece, instruments=Instruments(4, 32, 8)))
    with at_revision(bare_url, "0001") as connection:
        pieces = sa.Table("pieces", sa.MetaData(), autoload_with=connection)
        row = {n: v for n, v in rows.to_row(piece).items() if n in pieces.columns}
        connection.execute(pieces.insert().values(**{**row, "instruments": [4, 32, 8]}))

    database = Database.open(bare_url)
    found = queries.piece(database, piece.id)
    database.check()
    database.close()
    assert found == piece
    assert found.verdict is None
    assert (found.leaving, found.humanize_percent) == (None, 0)


def test_what_was_counted_by_the_minute_becomes_hours(bare_url: str) -> None:
    with at_revision(bare_url, "0003") as connection:
        counts = sa.Table("listener_counts", sa.MetaData(), autoload_with=connection)
        for minute, count in ((1, 2), (2, 5), (3, 0)):
            at = BEGAN + timedelta(minutes=minute, seconds=10)
            row: dict[str, Any] = {"station": "main", "mount": "mp3", "at": at, "current": count}
            connection.execute(counts.insert().values(row))

    database = Database.open(bare_url)
    found = queries.listening_hours(database, "main", BEGAN, BEGAN + timedelta(hours=1))
    database.close()
    assert [(hour.hour, hour.peak, hour.listening_seconds) for hour in found] == [(BEGAN, 5, 420)]


@contextmanager
def at_revision(url: str, revision: str) -> Iterator[sa.Connection]:
    """An empty database as an older version left it, to be filled."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, revision)
        yield connection
    engine.dispose()


def test_opening_twice_changes_nothing(database: Database, url: str) -> None:
    Database.open(url).close()
    database.check()


def test_two_that_open_an_empty_database_at_once_both_can(bare_url: str) -> None:
    databases = [Database(bare_url, busy_timeout_seconds=30, answer_seconds=30) for _ in range(2)]
    threads = [threading.Thread(target=database.prepare) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(database.is_ready for database in databases)
    for database in databases:
        database.close()


def test_a_newer_database_is_refused(bare_url: str) -> None:
    database = Database.open(bare_url)
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(NewerDatabaseError, match=r"revision 9999.*Upgrade Latent FM"):
        Database.open(bare_url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "nonsense",
        "nosuch://host/db",
        "mysql://host/db",
        "postgresql+psycopg2://host/db",
        "postgresql://host:port/db",
    ],
)
def test_a_useless_url_names_the_setting(url: str) -> None:
    with pytest.raises(DatabaseError, match=r"Set \[storage\] url"):
        Database(url)


def test_times_come_back_in_utc(database: Database) -> None:
    here = BEGAN.astimezone(timezone(timedelta(hours=5)))
    assert came_back(database, here) == BEGAN
    assert came_back(database, here).utcoffset() == timedelta(0)


def came_back(database: Database, time: datetime) -> datetime:
    with database.writing() as connection:
        connection.execute(tables.broadcasts.delete())
        row = {"id": "b", "station": "main", "started_at": time}
        connection.execute(tables.broadcasts.insert().values(row))
    with database.reading() as connection:
        found: datetime = connection.execute(sa.select(tables.broadcasts.c.started_at)).scalar_one()
    return found


def test_a_reader_never_waits_for_the_writer(database: Database) -> None:
    with database.writing() as writer:
        store(writer, Broadcast("b1", "main", BEGAN))
        with database.reading() as reader:
            assert reader.execute(sa.select(tables.broadcasts)).all() == []


def test_what_a_reader_sees_stands_still(database: Database) -> None:
    with database.reading() as reader:
        assert reader.execute(sa.select(tables.broadcasts)).all() == []
        with database.writing() as writer:
            store(writer, Broadcast("b1", "main", BEGAN))
        assert reader.execute(sa.select(tables.broadcasts)).all() == []


def test_one_writes_at_a_time(database: Database, url: str) -> None:
    other = Database.open(url, busy_timeout_seconds=0.05)
    with database.writing(), pytest.raises(UnavailableError, match="lock"), other.writing():
        pass
    with other.writing():  # it is free again
        pass
    other.close()
