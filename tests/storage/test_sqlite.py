"""What only a file can run into."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.database import Database
from storage.errors import CorruptDatabaseError, UnavailableError
from tests.storage.conftest import sqlite_url


@pytest.fixture
def url(tmp_path: Path) -> str:
    return sqlite_url(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data/latentfm.db"


def test_a_file_that_is_no_database_is_refused(url: str, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"holiday photos " * 1000)
    with pytest.raises(CorruptDatabaseError, match=r"latentfm\.db is damaged"):
        Database.open(url)
    assert file.read_bytes() == b"holiday photos " * 1000
    assert list(file.parent.iterdir()) == [file]


def test_the_check_finds_a_damaged_page(database: Database, file: Path) -> None:
    database.close()
    data = bytearray(file.read_bytes())
    data[8192:12288] = b"\xff" * 4096
    file.write_bytes(data)
    with pytest.raises(CorruptDatabaseError, match="is damaged"):
        database.check()


def test_the_check_finds_a_lock(database: Database, url: str) -> None:
    other = Database.open(url)
    with other.writing(), pytest.raises(UnavailableError, match="locked"):
        database.check()
    other.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, url: str) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    with pytest.raises(UnavailableError, match=r"data/latentfm\.db.*station\.toml"):
        Database.open(url)
