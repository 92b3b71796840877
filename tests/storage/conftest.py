"""A database and a journal in a folder of their own, closed after the test.

Whatever asks for `url` runs twice: on SQLite, and on a real PostgreSQL that the first such test
starts. A module about one of them says so with a `url` of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage import postgresql, tables
from storage.database import Database
from storage.journal import Journal
from tests.postgres import Postgres, programs, running

KINDS = ("sqlite", "postgresql")
on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)

OpenJournal = Callable[[], Journal]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with running() as server:
        yield server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing is left sooner than on air."""
    monkeypatch.setattr(postgresql, "SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(postgresql, "CONNECT_SECONDS", 2)


@pytest.fixture(scope="session")
def tabled(postgres: Postgres) -> str:
    """One database for all tests, with the tables made: each test empties them."""
    url = postgres.fresh()
    Database.open(url).close()
    return url


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database that holds nothing."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    url: str = request.getfixturevalue("tabled")
    yield url
    server.execute(f"TRUNCATE {', '.join(tables.metadata.tables)}", server.name_of(url))


@pytest.fixture(params=KINDS)
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database in which nobody has made tables yet."""
    if request.param == "sqlite":
        (tmp_path / "data").mkdir()
        yield sqlite_url(tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.fresh()
    yield url
    server.drop(url)


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder}/data/latentfm.db"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database.open(url, busy_timeout_seconds=0.05)
    yield database
    database.close()


@pytest.fixture
def open_journal(tmp_path: Path, url: str) -> Iterator[OpenJournal]:
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
def journal(open_journal: OpenJournal) -> Journal:
    return open_journal()
