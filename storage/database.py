"""The database: how it is opened, brought up to date, and what its faults are called.

SQLite or PostgreSQL: what each does in its own way is in the module of its name.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import exc

from storage.backend import Backend
from storage.errors import (
    DatabaseError,
    NewerDatabaseError,
    NoAnswerError,
    RecordError,
    UnavailableError,
)
from storage.postgresql import DRIVER, Postgresql
from storage.sqlite import Sqlite

MIGRATIONS = Path(__file__).parent / "migrations"
POSTGRESQL = {"postgresql", "postgres", DRIVER}  # how a URL may begin
_migrating = threading.Lock()  # Alembic's context is one for the process


class Database:
    """One database, safe to use from any thread.

    Made without touching the disk, so that a station can start while it is gone: `prepare`
    (the journal calls it until it works) opens it, `Database.open` does both.
    """

    def __init__(
        self, url: str, *, busy_timeout_seconds: float = 2.0, answer_seconds: float = 5.0
    ) -> None:
        """
        Args:
            busy_timeout_seconds: how long to wait for another one that writes.
            answer_seconds: the most that a statement may take on a server.

        Raises:
            DatabaseError: the URL is of no use.
        """
        self._backend = _backend(url, busy_timeout_seconds, answer_seconds)
        self.name = self._backend.name
        self._engine = self._backend.engine
        self._rest_seconds = answer_seconds
        self._rests_until = 0.0  # monotonic; a server that was silent is left alone for a while
        self._prepared: object = None  # what `identity` was when the tables were made

    @classmethod
    def open(
        cls, url: str, *, busy_timeout_seconds: float = 2.0, answer_seconds: float = 5.0
    ) -> Database:
        """Make the folder and the file if need be, and bring the tables up to date.

        Raises:
            DatabaseError: of one kind or another; nothing was changed.
        """
        database = cls(
            url, busy_timeout_seconds=busy_timeout_seconds, answer_seconds=answer_seconds
        )
        try:
            database.prepare()
        except BaseException:
            database.close()
            raise
        return database

    @property
    def is_ready(self) -> bool:
        """Whether `prepare` has worked, and what it prepared is still in its place."""
        return self._prepared is not None and self._prepared == self._backend.identity()

    def prepare(self) -> None:
        """What `open` does. Once more, it brings back a file that was removed."""
        self._engine.dispose()  # connections to a removed file would write into nowhere
        with _migrating, self._named_faults():
            self._backend.make_place()
            with self._begin(writing=True) as connection:
                self._migrate(connection)
            self._prepared = self._backend.identity()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One unchanging view of the data. Keep it short.

        Raises:
            DatabaseError: of one kind or another.
        """
        with self._named_faults():
            if time.monotonic() < self._rests_until:  # not one thread more that waits for it
                raise NoAnswerError(self.name, "it gave no answer just now")
            with self._transaction(writing=False) as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction: all of it, safe on the disk, or nothing. The only one at a time.

        Raises:
            RecordError: the database refuses a value.
            DatabaseError: of one kind or another.
        """
        with self._named_faults(), self._transaction(writing=True) as connection:
            yield connection

    def check(self) -> None:
        """Read all of it, and see that it could be written to. Slow: for `doctor`.

        Raises:
            DatabaseError: what is wrong.
        """
        with self.writing() as connection:
            self._backend.check(connection)
            connection.rollback()

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _transaction(self, *, writing: bool) -> Iterator[sa.Connection]:
        if self._prepared is None:
            raise UnavailableError(self.name, "it could not be opened yet")
        with self._begin(writing=writing) as connection:
            yield connection
        self._rests_until = 0.0

    @contextmanager
    def _begin(self, *, writing: bool) -> Iterator[sa.Connection]:
        with (
            self._engine.connect() as connection,
            self._backend.begin(connection, writing=writing),
        ):
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
        with self._backend.unhurried(connection):
            command.upgrade(config, "head")

    @contextmanager
    def _named_faults(self) -> Iterator[None]:
        try:
            yield
        except (exc.IntegrityError, exc.DataError) as error:
            raise RecordError(f"database {self.name} refuses a value: {error.orig}") from error
        except exc.DBAPIError as error:
            fault = self._backend.fault(error)
            if isinstance(fault, NoAnswerError):
                self._rests_until = time.monotonic() + self._rest_seconds
            raise fault from error
        except (exc.StatementError, OverflowError) as error:
            raise RecordError(f"database {self.name} cannot hold a value: {error}") from error
        except (exc.TimeoutError, OSError) as error:
            raise UnavailableError(self.name, str(error)) from error


def _backend(url: str, busy_timeout_seconds: float, answer_seconds: float) -> Backend:
    try:
        parsed = sa.make_url(url)
        if parsed.drivername in POSTGRESQL:
            return Postgresql(
                parsed, busy_timeout_seconds=busy_timeout_seconds, answer_seconds=answer_seconds
            )
        if parsed.get_backend_name() != "sqlite":
            raise ValueError(f"{parsed.drivername} is neither sqlite nor postgresql")
        return Sqlite(parsed, busy_timeout_seconds=busy_timeout_seconds)
    except (exc.ArgumentError, ImportError, ValueError) as error:
        raise DatabaseError(
            f"cannot open a database at the given url: {error}. Set [storage] url in "
            "station.toml: postgresql://USER:PASSWORD@HOST/NAME, or "
            "sqlite:///data/latentfm.db, or leave it out."
        ) from error
