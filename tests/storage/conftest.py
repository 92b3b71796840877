"""A database and a journal in a folder of their own, closed after the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.journal import Journal


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/data/latentfm.db"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database.open(url, busy_timeout_seconds=0.05)
    yield database
    database.close()


@pytest.fixture
def open_journal(tmp_path: Path, url: str) -> Iterator[Callable[[], Journal]]:
    """Makes a journal, each on a database that nobody has opened yet."""
    journals = []
    databases = []

    def make() -> Journal:
        databases.append(Database(url, busy_timeout_seconds=0.05))
        journals.append(Journal(tmp_path / "journal", databases[-1]))
        return journals[-1]

    yield make
    for journal in journals:
        journal.close(5)
    for database in databases:
        database.close()


@pytest.fixture
def journal(open_journal: Callable[[], Journal]) -> Journal:
    return open_journal()
