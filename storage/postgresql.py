"""All that is particular to PostgreSQL.

One transaction writes at a time, as with SQLite: stations on several machines may share a
database, and "look, then insert" is safe in all of them. Nothing waits for ever: the server gives
up a statement that is slow or locked out, and a server that says nothing at all (stopped, cut
off) is left by us.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.abc import PQGen
from sqlalchemy import exc

from storage.errors import DatabaseError, NoAnswerError, UnavailableError

DRIVER = "postgresql+psycopg"
OLDEST = 130_000  # 13, as the server counts its versions
CONNECT_SECONDS = 3  # libpq knows whole ones, from 2
SILENCE_SECONDS = 1.0  # longer than it may take, it should have said that it gives up
WRITERS_LOCK = 0x4C_46_4D  # "LFM": of the database, held by the transaction that writes

# What to do, by SQLSTATE.
_FIXES = {
    psycopg.errors.DiskFull.sqlstate: "Free the disk of its server.",
    psycopg.errors.LockNotAvailable.sqlstate: "Close the program that has it locked.",
    psycopg.errors.ReadOnlySqlTransaction.sqlstate: "It is read-only, as a standby is: set "
    "[storage] url to the server that may be written to.",
    psycopg.errors.InsufficientPrivilege.sqlstate: "Make the user of [storage] url the owner of "
    "its database: ALTER DATABASE … OWNER TO …",
    psycopg.errors.TooManyConnections.sqlstate: "Raise max_connections in postgresql.conf.",
}
# By words of the server that turned us away: it gives no SQLSTATE then.
_FIXES_OF_CONNECTING = {
    "password": "Set user and password in [storage] url: postgresql://USER:PASSWORD@HOST/NAME.",
    "role": "Make the user of [storage] url: createuser --pwprompt USER.",
    "database": "Make the database of [storage] url: createdb --encoding UTF8 --owner USER NAME.",
}
_START = "Start PostgreSQL, or correct host and port in [storage] url."

_Result = TypeVar("_Result")


class Postgresql:
    """A database on a server."""

    def __init__(self, url: sa.URL, *, busy_timeout_seconds: float, answer_seconds: float) -> None:
        self.name = url.render_as_string(hide_password=True)
        self._limits_ms = {
            "statement_timeout": round(1_000 * answer_seconds),
            "lock_timeout": round(1_000 * min(busy_timeout_seconds, answer_seconds)),
        }
        self.engine = sa.create_engine(
            url.set(drivername=DRIVER),
            # Nothing prepared on the server: another station may migrate its tables meanwhile.
            connect_args={"connect_timeout": CONNECT_SECONDS, "prepare_threshold": None},
            pool_pre_ping=True,
            pool_timeout=answer_seconds,
        )

        @sa.event.listens_for(self.engine, "do_connect")
        def connect(*arguments: Any) -> _Connection:
            *_, positional, named = arguments
            connection = _Connection.connect(*positional, **named)
            self._examine(connection)
            connection.answer_seconds = answer_seconds + SILENCE_SECONDS
            return connection

        sa.event.listen(self.engine, "connect", self._set_up)

    def identity(self) -> object:
        return self.name

    def make_place(self) -> None:
        """An operator makes the database: see docs/operating.md."""

    def begin(self, connection: sa.Connection, *, writing: bool) -> AbstractContextManager[object]:
        # A writer looks with each statement anew: what another one wrote before it is there.
        level = "READ COMMITTED" if writing else "REPEATABLE READ"
        connection.execution_options(isolation_level=level, postgresql_readonly=not writing)
        transaction = connection.begin()
        if writing:
            try:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITERS_LOCK)))
            except BaseException:
                transaction.close()
                raise
        return transaction

    @contextmanager
    def unhurried(self, connection: sa.Connection) -> Iterator[None]:
        driver = connection.connection.driver_connection
        assert isinstance(driver, _Connection)
        limit_seconds, driver.answer_seconds = driver.answer_seconds, None
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        try:
            yield
        finally:
            driver.answer_seconds = limit_seconds

    def check(self, connection: sa.Connection) -> None:
        """The server looks after its own files."""

    def fault(self, error: exc.DBAPIError) -> DatabaseError:
        reason = " ".join(str(error.orig).split())
        if isinstance(error.orig, _NoAnswer | psycopg.errors.ConnectionTimeout):
            return NoAnswerError(self.name, reason, "See whether its server and the network live.")
        state = getattr(error.orig, "sqlstate", None)
        return UnavailableError(self.name, reason, _FIXES.get(state) or _fix(reason))

    def _examine(self, connection: psycopg.Connection[Any]) -> None:
        """Is this server fit for us? It said all of this when it let us in."""
        if (version := connection.info.server_version) < OLDEST:
            connection.close()
            raise DatabaseError(
                f"database {self.name} is on PostgreSQL {version // 10_000}: it must be "
                f"{OLDEST // 10_000} or newer. Upgrade it, or set another [storage] url."
            )
        if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
            connection.close()
            raise DatabaseError(
                f"database {self.name} cannot hold every title: its encoding is {encoding}. "
                "Make one with createdb --encoding UTF8 --template template0."
            )

    def _set_up(self, connection: psycopg.Connection, _: Any) -> None:
        limits = {
            **self._limits_ms,
            # One who was killed in the middle holds the lock no longer than this, even where
            # nobody tells the server that the other machine is gone.
            "idle_in_transaction_session_timeout": 10 * self._limits_ms["statement_timeout"],
            # The journal forgets what was committed: it must be on the server's disk then.
            "synchronous_commit": "on",
        }
        with connection.cursor() as cursor:
            for name, value in limits.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, str(value)))
        connection.commit()


class _NoAnswer(psycopg.OperationalError):
    pass


class _Connection(psycopg.Connection[Any]):
    """It is closed by us when the server says nothing for too long.

    The server's own limits are of no help when it is stopped or out of reach.
    """

    answer_seconds: float | None = None

    def wait(self, gen: PQGen[_Result], *arguments: Any, **named: Any) -> _Result:
        if self.answer_seconds is not None:
            gen = self._answered(gen, self.answer_seconds)
        return super().wait(gen, *arguments, **named)

    def _answered(self, work: PQGen[_Result], seconds: float) -> PQGen[_Result]:
        """`work`, which psycopg resumes when there is news, and often when there is none."""
        deadline = time.monotonic() + seconds
        news: Any = None
        while True:
            try:
                wanted = work.send(news)
            except StopIteration as done:
                result: _Result = done.value
                return result
            news = yield wanted
            if not news and time.monotonic() > deadline:
                self.close()
                raise _NoAnswer(f"no answer in {seconds:g} s")


def _fix(reason: str) -> str:
    """For one that was not let in, by what it was told."""
    _, refused, words = reason.rpartition(" failed: ")
    if not refused:
        return "The log of its server says more."
    return next((fix for word, fix in _FIXES_OF_CONNECTING.items() if word in words), _START)
