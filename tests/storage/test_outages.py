"""A database that is slow, locked, full, gone, replaced or silent: nothing aired is lost."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import queries, tables
from storage.database import Database
from storage.journal import Journal
from tests.pieces import make_piece
from tests.postgres import Postgres
from tests.storage.archives import counts
from tests.storage.broadcasts import airing_of
from tests.storage.conftest import on_postgresql, on_sqlite
from tests.storage.logged import PATIENCE_SECONDS, air, aired, run, waited_for

MOST_APPEND_SECONDS = 5.0  # of many together, on a busy machine; a wait would have no end


def air_in_time(journal: Journal, *numbers: int) -> None:
    """As the synth thread does, which has a block to make."""
    began = time.monotonic()
    air(journal, *numbers)
    assert time.monotonic() - began < MOST_APPEND_SECONDS, "the sound waited for the database"


@on_sqlite
def test_a_database_whose_folder_is_in_the_way_is_made_later(
    journal: Journal, url: str, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("in the way")
    air_in_time(journal, 0, 1)
    assert not journal.flush(0.2)
    (tmp_path / "data").unlink()
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == [0, 1]


@on_sqlite
def test_a_damaged_database_is_waited_out(journal: Journal, url: str, tmp_path: Path) -> None:
    file = tmp_path / "data/latentfm.db"
    file.parent.mkdir()
    file.write_bytes(b"not a database at all" * 200)
    air_in_time(journal, 0, 1)
    waited_for(journal, "is damaged")
    file.rename(tmp_path / "aside")
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == [0, 1]


@on_sqlite
def test_a_removed_database_is_made_again(journal: Journal, url: str, tmp_path: Path) -> None:
    air(journal, 0)
    assert journal.flush(PATIENCE_SECONDS)
    shutil.rmtree(tmp_path / "data")
    air_in_time(journal, 1, 2)
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == [1, 2]


@on_sqlite
def test_a_full_disk_loses_nothing(tmp_path: Path, url: str) -> None:
    run("filler", str(tmp_path / "journal"), url)


def test_tables_that_were_dropped_are_made_again(
    database: Database, journal: Journal, url: str
) -> None:
    with database.writing() as connection:
        tables.metadata.drop_all(connection)
        connection.execute(sa.text("DROP TABLE alembic_version"))
    air_in_time(journal, 0, 1)
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == [0, 1]
    assert journal.degraded is None


@on_postgresql
def test_a_server_that_was_stopped_gets_all_of_it_later(
    journal: Journal, url: str, postgres: Postgres
) -> None:
    air(journal, 0)
    assert journal.flush(PATIENCE_SECONDS)
    postgres.stop()
    try:
        air_in_time(journal, *range(1, 30))
        waited_for(journal, "Start PostgreSQL")
    finally:
        postgres.start()
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == list(range(30))


@on_postgresql
def test_a_server_that_was_killed_in_the_middle_has_each_once(
    journal: Journal, url: str, postgres: Postgres
) -> None:
    airing = threading.Thread(target=air, args=(journal, *range(60)))
    airing.start()
    postgres.kill()
    airing.join()
    postgres.start()
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == list(range(60))
    assert not journal.rejected.exists()


@on_postgresql
@pytest.mark.usefixtures("impatient")
def test_a_server_that_says_nothing_holds_up_nobody_who_airs(
    tmp_path: Path, url: str, postgres: Postgres
) -> None:
    database = Database(url, answer_seconds=0.1)
    journal = Journal(tmp_path / "journal", database)
    air(journal, 0)
    assert journal.flush(PATIENCE_SECONDS)
    with postgres.frozen():
        air_in_time(journal, *range(1, 20))
        waited_for(journal, "its server and the network")
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == list(range(20))
    journal.close(PATIENCE_SECONDS)
    database.close()


@on_postgresql
def test_a_database_that_was_dropped_and_made_anew_is_gone_on_with(
    journal: Journal, url: str, postgres: Postgres
) -> None:
    air(journal, 0)
    assert journal.flush(PATIENCE_SECONDS)
    name = postgres.name_of(url)
    postgres.drop(url)
    air_in_time(journal, 1, 2)
    waited_for(journal, "createdb")
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == [1, 2]


def test_two_stations_write_to_one_database(tmp_path: Path, url: str) -> None:
    """On two machines, as far as they know: the same piece at the same moments."""
    databases = [Database(url, busy_timeout_seconds=10) for _ in range(2)]
    journals = [
        Journal(tmp_path / name, database) for name, database in zip("ab", databases, strict=True)
    ]
    threads = [
        threading.Thread(target=write, args=(journal, f"of {name}"))
        for journal, name in zip(journals, "ab", strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(journal.flush(PATIENCE_SECONDS) for journal in journals)
    assert not any(journal.rejected.exists() for journal in journals)
    assert aired(url, "of a") == aired(url, "of b") == list(range(40))
    assert counts(databases[0])["piece"] == 40
    for journal, database in zip(journals, databases, strict=True):
        journal.close(PATIENCE_SECONDS)
        database.close()


def write(journal: Journal, broadcast: str) -> None:
    for number in range(40):
        piece = make_piece(seed=number)
        journal.aired(piece, airing_of(piece, number, broadcast=broadcast))


def test_readers_at_full_speed_hold_up_no_writer(
    database: Database, journal: Journal, url: str
) -> None:
    air(journal, *range(20))
    assert journal.flush(PATIENCE_SECONDS)
    done = threading.Event()
    readers = [threading.Thread(target=read_until, args=(database, done)) for _ in range(2)]
    for reader in readers:
        reader.start()
    air_in_time(journal, *range(20, 40))
    assert journal.flush(PATIENCE_SECONDS)
    assert journal.degraded is None
    done.set()
    for reader in readers:
        reader.join()
    assert aired(url) == list(range(40))


def read_until(database: Database, done: threading.Event) -> None:
    while not done.is_set():
        queries.history(database, "main", limit=20)


def test_a_reader_that_takes_its_time_holds_up_no_writer(
    database: Database, journal: Journal, url: str
) -> None:
    with database.reading() as connection:
        connection.execute(sa.select(tables.pieces)).all()
        air(journal, 0)
        assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == [0]
