"""All that is particular to SQLite.

Readers never wait for the writer (WAL), and a transaction is on the disk once it is committed
(synchronous=FULL): the journal empties its file then, and with NORMAL a power cut could take
both. The price is one sync a piece, on the journal's own thread.
"""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from storage.errors import CorruptDatabaseError, DatabaseError, UnavailableError

PRAGMAS = (
    # Of a new file: a row takes 1 to 3 KB, and of pages of 4 KB a quarter would stay empty.
    "page_size = 16384",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BEGIN = {True: "BEGIN IMMEDIATE", False: "BEGIN"}  # by whether it writes


class Sqlite:
    """A database in a file."""

    def __init__(self, url: sa.URL, *, busy_timeout_seconds: float) -> None:
        if url.database in (None, "", ":memory:"):
            raise exc.ArgumentError("SQLite needs a file")
        self.name = url.render_as_string()
        self.engine = sa.create_engine(url, connect_args={"timeout": busy_timeout_seconds})
        self._file = Path(url.database or "").absolute()
        sa.event.listen(self.engine, "connect", _set_up)
        sa.event.listen(self.engine, "begin", _begin)

    def identity(self) -> object:
        """It changes when the file is removed, or another put in its place."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def make_place(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)

    def begin(self, connection: sa.Connection, *, writing: bool) -> AbstractContextManager[object]:
        connection.execution_options(sqlite_begin=_BEGIN[writing])
        return connection.begin()

    def unhurried(self, connection: sa.Connection) -> AbstractContextManager[None]:
        return nullcontext()  # no statement is ever given up

    def check(self, connection: sa.Connection) -> None:
        first = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if first != "ok":
            raise CorruptDatabaseError(self.name, first)

    def fault(self, error: exc.DBAPIError) -> DatabaseError:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            return CorruptDatabaseError(self.name, str(error.orig))
        return UnavailableError(self.name, str(error.orig))


def _set_up(connection: sqlite3.Connection, _: Any) -> None:
    # Python's sqlite3 begins late and not at all for DDL: let SQLAlchemy say BEGIN itself.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options()["sqlite_begin"])
