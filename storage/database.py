"""The database: how it is opened, brought up to date, and what its faults are called.

All that is particular to SQLite is here. Readers never wait for the writer (WAL), and a
transaction is on the disk once it is committed (synchronous=FULL): the journal empties its file
then, and with NORMAL a power cut could take both. The price is one sync a piece, on the
journal's own thread.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import exc

from storage.errors import (
    CorruptDatabaseError,
    DatabaseError,
    NewerDatabaseError,
    RecordError,
    UnavailableError,
)

MIGRATIONS = Path(__file__).parent / "migrations"
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_migrating = threading.Lock()  # Alembic's context is one for the process


class Database:
    """One database, safe to use from any thread.

    Made without touching the disk, so that a station can start while it is gone: `prepare`
    (the journal calls it until it works) opens it, `Database.open` does both.
    """

    def __init__(self, url: str, *, busy_timeout_seconds: float = 2.0) -> None:
        """
        Raises:
            DatabaseError: the URL is of no use, or no driver is installed for it.
        """
        try:
            parsed = sa.make_url(url)
            self.name = parsed.render_as_string(hide_password=True)
            self._engine = _engine(parsed, busy_timeout_seconds)
        except (exc.ArgumentError, ImportError) as error:
            raise DatabaseError(
                f"cannot open a database at the given url: {error}. Set [storage] url in "
                f"station.toml, to sqlite:///data/latentfm.db for example."
            ) from error
        self._file = Path(parsed.database or "").absolute() if _is_sqlite(parsed) else None
        self._prepared: object = None  # what `_identity` was when the tables were made

    @classmethod
    def open(cls, url: str, *, busy_timeout_seconds: float = 2.0) -> Database:
        """Make the folder and the file if need be, and bring the tables up to date.

        Raises:
            DatabaseError: of one kind or another; nothing was changed.
        """
        database = cls(url, busy_timeout_seconds=busy_timeout_seconds)
        try:
            database.prepare()
        except BaseException:
            database.close()
            raise
        return database

    @property
    def is_ready(self) -> bool:
        """Whether `prepare` has worked, and what it prepared is still in its place."""
        return self._prepared is not None and self._prepared == self._identity()

    def prepare(self) -> None:
        """What `open` does. Once more, it brings back a file that was removed."""
        self._engine.dispose()  # connections to a removed file would write into nowhere
        with _migrating, self._named_faults():
            if self._file is not None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._begin("BEGIN IMMEDIATE") as connection:
                self._migrate(connection)
            self._prepared = self._identity()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One unchanging view of the data. Keep it short.

        Raises:
            DatabaseError: of one kind or another.
        """
        with self._named_faults():
            if self._prepared is None:
                raise UnavailableError(self.name, "it could not be opened yet")
            with self._begin("BEGIN") as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction: all of it, safe on the disk, or nothing.

        Raises:
            RecordError: the database refuses a value.
            DatabaseError: of one kind or another.
        """
        with self._named_faults():
            if self._prepared is None:
                raise UnavailableError(self.name, "it could not be opened yet")
            with self._begin("BEGIN IMMEDIATE") as connection:
                yield connection

    def check(self) -> None:
        """Read all of it, and see that it could be written to. Slow: for `doctor`.

        Raises:
            DatabaseError: what is wrong.
        """
        with self.writing() as connection:
            if self._file is not None:
                first = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
                if first != "ok":
                    raise CorruptDatabaseError(self.name, first)
            connection.rollback()

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _begin(self, statement: str) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection:
            connection.execution_options(sqlite_begin=statement)
            with connection.begin():
                yield connection

    def _migrate(self, connection: sa.Connection) -> None:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        script = ScriptDirectory.from_config(config)
        newest = script.get_current_head()
        current = MigrationContext.configure(connection).get_current_revision()
        if current == newest:
            return
        if current is not None and current not in {r.revision for r in script.walk_revisions()}:
            raise NewerDatabaseError(self.name, current, str(newest))
        command.upgrade(config, "head")

    def _identity(self) -> object:
        if self._file is None:
            return self.name
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def _named_faults(self) -> Iterator[None]:
        try:
            yield
        except (exc.IntegrityError, exc.DataError) as error:
            raise RecordError(f"database {self.name} refuses a value: {error.orig}") from error
        except exc.DBAPIError as error:
            code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
            if code in _DAMAGED:
                raise CorruptDatabaseError(self.name, str(error.orig)) from error
            raise UnavailableError(self.name, str(error.orig)) from error
        except (exc.StatementError, OverflowError) as error:
            raise RecordError(f"database {self.name} cannot hold a value: {error}") from error
        except (exc.TimeoutError, OSError) as error:
            raise UnavailableError(self.name, str(error)) from error


def _is_sqlite(url: sa.URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _engine(url: sa.URL, busy_timeout_seconds: float) -> sa.Engine:
    if not _is_sqlite(url):
        return sa.create_engine(url, pool_pre_ping=True)
    if url.database in (None, "", ":memory:"):
        raise exc.ArgumentError("SQLite needs a file")
    engine = sa.create_engine(url, connect_args={"timeout": busy_timeout_seconds})

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _: Any) -> None:
        # Python's sqlite3 begins late and not at all for DDL: let SQLAlchemy say BEGIN itself.
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options()["sqlite_begin"])

    return engine
