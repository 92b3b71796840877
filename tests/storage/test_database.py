from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

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
from storage.errors import (
    CorruptDatabaseError,
    DatabaseError,
    NewerDatabaseError,
    UnavailableError,
)
from storage.records import Broadcast
from storage.writing import store
from tests.pieces import make_piece
from tests.storage.broadcasts import BEGAN


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_the_migrations_make_the_tables_of_the_code(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []


def test_a_database_from_before_there_were_verdicts_keeps_its_pieces(url: str) -> None:
    piece = make_piece(seed=2**63 - 1)
    verdict = {"verdict_total", "candidates", "verdict"}
    performance = {"leaving", "humanize_percent", "groove_sha256"}
    row = {n: v for n, v in rows.to_row(piece).items() if n not in verdict | performance}
    row["instruments"] = [4, 32, 8]
    piece = identified(replace(piece, instruments=Instruments(4, 32, 8)))
    row["id"] = piece.id
    file_of(url).parent.mkdir()
    migrate(url, "0001")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        columns = ", ".join(row)
        places = ", ".join(f":{name}" for name in row)
        values = {n: json.dumps(v) if isinstance(v, list) else v for n, v in row.items()}
        values["created"] = piece.created.strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.execute(sa.text(f"INSERT INTO pieces ({columns}) VALUES ({places})"), values)
    engine.dispose()

    database = Database.open(url)
    found = queries.piece(database, piece.id)
    database.check()
    database.close()
    assert found == piece
    assert found.verdict is None
    assert (found.leaving, found.humanize_percent) == (None, 0)


def test_what_was_counted_by_the_minute_becomes_hours(url: str) -> None:
    file_of(url).parent.mkdir()
    migrate(url, "0003")
    with sqlite3.connect(file_of(url)) as before:
        before.executemany(
            "INSERT INTO listener_counts VALUES ('main', ?, 'mp3', ?)",
            [
                (f"2026-01-01 12:{minute:02}:10.000000", count)
                for minute, count in ((1, 2), (2, 5), (3, 0))
            ],
        )
    before.close()

    database = Database.open(url)
    found = queries.listening_hours(database, "main", BEGAN, BEGAN + timedelta(hours=1))
    database.close()
    assert [(hour.hour, hour.peak, hour.listening_seconds) for hour in found] == [(BEGAN, 5, 420)]


def migrate(url: str, revision: str) -> None:
    """Bring an empty database to an older revision."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_opening_twice_changes_nothing(database: Database, url: str) -> None:
    Database.open(url).close()
    database.check()


def test_a_newer_database_is_refused(database: Database, url: str) -> None:
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match=r"revision 9999.*Upgrade Latent FM"):
        Database.open(url)


def test_a_file_that_is_no_database_is_refused(url: str) -> None:
    file = file_of(url)
    file.parent.mkdir()
    file.write_bytes(b"holiday photos " * 1000)
    with pytest.raises(CorruptDatabaseError, match=r"latentfm\.db is damaged"):
        Database.open(url)
    assert file.read_bytes() == b"holiday photos " * 1000
    assert list(file.parent.iterdir()) == [file]


def test_the_check_finds_a_damaged_page(database: Database, url: str) -> None:
    database.close()
    file = file_of(url)
    data = bytearray(file.read_bytes())
    data[8192:12288] = b"\xff" * 4096
    file.write_bytes(data)
    with pytest.raises(CorruptDatabaseError, match="is damaged"):
        database.check()


def test_the_check_finds_a_lock(database: Database, url: str) -> None:
    with sqlite3.connect(file_of(url)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="locked"):
            database.check()
    other.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    with pytest.raises(UnavailableError, match=r"data/latentfm\.db.*station\.toml"):
        Database.open(f"sqlite:///{tmp_path}/data/latentfm.db")


@pytest.mark.parametrize("url", ["sqlite://", "nonsense", "nosuch://host/db"])
def test_a_useless_url_names_the_setting(url: str) -> None:
    with pytest.raises(DatabaseError, match=r"Set \[storage\] url"):
        Database(url)


def test_times_come_back_in_utc(database: Database) -> None:
    here = BEGAN.astimezone(timezone(timedelta(hours=5)))
    with database.writing() as connection:
        row = {"id": "b", "station": "main", "started_at": here}
        connection.execute(tables.broadcasts.insert().values(row))
    with database.reading() as connection:
        (found,) = connection.execute(sa.select(tables.broadcasts.c.started_at)).one()
    assert found == BEGAN
    assert found.utcoffset() == timedelta(0)


def test_a_reader_never_waits_for_the_writer(database: Database) -> None:
    with database.writing() as writer:
        store(writer, Broadcast("b1", "main", BEGAN))
        with database.reading() as reader:
            assert reader.execute(sa.select(tables.broadcasts)).all() == []
