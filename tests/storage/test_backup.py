"""A backup is whole, whatever goes on air meanwhile, and comes back as it was."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from storage import backup as backing
from storage.backup import back_up, restore
from storage.database import Database
from storage.errors import BackupError
from storage.journal import Journal
from tests.postgres import Postgres, programs
from tests.storage.conftest import OpenJournal, on_postgresql, on_sqlite
from tests.storage.logged import PATIENCE_SECONDS, air, aired, locked


def quietly(done: int, pages: int) -> None:
    """No bar."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "backups/copy.db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the journal."""
    return tmp_path / "journal"


@on_sqlite
def test_a_backup_holds_what_was_aired(
    journal: Journal, url: str, folder: Path, copy: Path
) -> None:
    air(journal, 0, 1, 2)
    assert journal.flush(PATIENCE_SECONDS)
    back_up(url, folder, copy, quietly)
    assert list(copy.parent.iterdir()) == [copy]
    assert aired(f"sqlite:///{copy}") == [0, 1, 2]


@on_sqlite
def test_what_waits_in_the_journal_is_in_the_backup(
    database: Database, journal: Journal, url: str, folder: Path, copy: Path
) -> None:
    air(journal, 0)
    assert journal.flush(PATIENCE_SECONDS)
    with locked(url):
        air(journal, 1, 2)
        assert back_up(url, folder, copy, quietly) == 0
    assert aired(f"sqlite:///{copy}") == [0, 1, 2]


@on_sqlite
def test_a_backup_made_while_pieces_go_on_air_is_of_one_moment(
    journal: Journal, url: str, folder: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing, "PAGES_A_STEP", 1)
    air(journal, *range(20))
    assert journal.flush(PATIENCE_SECONDS)
    told: list[int] = []

    def air_one_more(done: int, pages: int) -> None:
        told.append(done)
        if len(told) <= 10:
            air(journal, 19 + len(told))
            assert journal.flush(PATIENCE_SECONDS)

    back_up(url, folder, copy, air_one_more)
    assert told == sorted(told), "it began anew"
    stored = aired(f"sqlite:///{copy}")
    assert stored == list(range(len(stored)))
    assert len(stored) >= 20
    assert aired(url) == list(range(30))


@on_sqlite
def test_a_backup_that_fails_leaves_what_was_there(url: str, folder: Path, copy: Path) -> None:
    copy.parent.mkdir()
    copy.write_bytes(b"the one of yesterday")
    with pytest.raises(BackupError, match="there is no database at"):
        back_up(url, folder, copy, quietly)
    assert copy.read_bytes() == b"the one of yesterday"
    assert list(copy.parent.iterdir()) == [copy]


@on_sqlite
def test_a_damaged_database_gives_no_backup(
    database: Database, url: str, tmp_path: Path, folder: Path, copy: Path
) -> None:
    database.close()
    with (tmp_path / "data/latentfm.db").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 4096)
    with pytest.raises(BackupError, match=r"damaged|malformed|no sound"):
        back_up(url, folder, copy, quietly)
    assert not copy.exists()


@on_sqlite
def test_a_backup_comes_back_as_it_was(
    open_journal: OpenJournal, url: str, tmp_path: Path, folder: Path, copy: Path
) -> None:
    journal = open_journal()
    air(journal, 0, 1)
    assert journal.flush(PATIENCE_SECONDS)
    back_up(url, folder, copy, quietly)
    air(journal, 2)
    journal.close(PATIENCE_SECONDS)
    before = restore(copy, tmp_path / "data/latentfm.db", folder)
    assert aired(url) == [0, 1]
    assert aired(f"sqlite:///{before}") == [0, 1, 2]


@on_sqlite
def test_nothing_is_put_back_under_a_running_server(
    journal: Journal, database: Database, tmp_path: Path, folder: Path, copy: Path
) -> None:
    air(journal, 0)
    with pytest.raises(BackupError, match="off air"):
        restore(copy, tmp_path / "data/latentfm.db", folder)


@on_sqlite
@pytest.mark.parametrize("content", [b"holiday photos " * 1000, b""])
def test_what_is_no_backup_is_not_put_back(
    database: Database, url: str, tmp_path: Path, folder: Path, content: bytes
) -> None:
    other = tmp_path / "other"
    other.write_bytes(content)
    with pytest.raises(BackupError, match=r"no sound database|another program"):
        restore(other, tmp_path / "data/latentfm.db", folder)
    database.check()


@on_postgresql
def test_a_dump_can_be_put_back_by_postgresqls_own_program(
    journal: Journal,
    url: str,
    postgres: Postgres,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = programs()
    assert found
    air(journal, 0, 1)
    assert journal.flush(PATIENCE_SECONDS)
    postgres.execute("DROP ROLE IF EXISTS guarded")
    postgres.execute("CREATE ROLE guarded SUPERUSER LOGIN PASSWORD 'right'")
    dump = tmp_path / "copy.dump"
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{found}")
    back_up(url.replace("postgres@", "guarded:right@"), folder, dump, quietly)
    other = postgres.fresh()
    subprocess.run([found / "pg_restore", f"--dbname={other}", dump], check=True)
    assert aired(other) == [0, 1]
    postgres.drop(other)


@on_postgresql
def test_without_pg_dump_the_command_is_named(
    url: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="pg_dump --format=custom --file=FILE postgresql://"):
        back_up(url, folder, tmp_path / "copy.dump", quietly)


def test_a_dump_of_no_server_says_what_pg_dump_said(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="pg_dump"):
        back_up("postgresql://u:secret@127.0.0.1:5428/x", tmp_path, tmp_path / "copy.dump", quietly)
    assert list(tmp_path.iterdir()) == []
