"""What only a server can run into, said in words that name the fix."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from storage.database import Database
from storage.errors import DatabaseError, NoAnswerError, RecordError, UnavailableError
from storage.postgresql import Postgresql
from storage.records import Broadcast
from storage.writing import store
from tests.postgres import Postgres
from tests.storage.broadcasts import BEGAN


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    url = postgres.fresh()
    yield url
    postgres.drop(url)


def begin(database: Database, name: str = "b1") -> None:
    with database.writing() as connection:
        store(connection, Broadcast(name, "main", BEGAN))


def test_a_server_that_is_not_there_is_to_be_started() -> None:
    with pytest.raises(UnavailableError, match=r"Start PostgreSQL, or correct host and port"):
        Database.open("postgresql://u:secret@127.0.0.1:5429/latentfm")


@pytest.mark.parametrize(
    ("user", "name", "fix"),
    [
        ("postgres", "nosuch", "createdb"),
        ("nobody", "postgres", "createuser"),
        ("guarded:wrong", "postgres", "Set user and password"),
        ("guarded", "postgres", "Set user and password"),
    ],
)
def test_whoever_is_turned_away_reads_what_to_do(
    postgres: Postgres, user: str, name: str, fix: str
) -> None:
    if user.startswith("guarded"):
        postgres.execute("DROP ROLE IF EXISTS guarded")
        postgres.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    with pytest.raises(UnavailableError, match=fix) as caught:
        Database.open(postgres.url(name, user))
    assert "wrong" not in str(caught.value), "the password was shown"


def test_postgres_and_postgresql_are_the_same(url: str) -> None:
    Database.open(url.replace("postgresql://", "postgres://")).close()


def test_a_database_without_unicode_is_refused(postgres: Postgres) -> None:
    url = postgres.fresh(encoding="SQL_ASCII")
    with pytest.raises(DatabaseError, match="its encoding is SQL_ASCII"):
        Database.open(url)
    postgres.drop(url)


def test_a_server_that_is_too_old_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.postgresql.OLDEST", 990_000)
    with pytest.raises(DatabaseError, match=r"is on PostgreSQL \d+: it must be 99 or newer"):
        Database.open(url)


def test_a_database_of_somebody_else_says_whose_it_should_be(postgres: Postgres, url: str) -> None:
    postgres.execute("DROP ROLE IF EXISTS guest")
    postgres.execute("CREATE ROLE guest LOGIN")
    with pytest.raises(UnavailableError, match="ALTER DATABASE"):
        Database.open(url.replace("postgres@", "guest@"))
    postgres.execute("DROP ROLE guest")


def test_a_database_that_may_only_be_read_says_so(postgres: Postgres, url: str) -> None:
    database = Database.open(url)
    name = postgres.name_of(url)
    with pytest.raises(UnavailableError, match="read-only"), database.reading() as reader:
        store(reader, Broadcast("b1", "main", BEGAN))
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database.close()
    begin(database)  # we ask for a transaction that writes, whatever the default is
    database.close()


def test_a_connection_that_was_cut_is_made_again(postgres: Postgres, url: str) -> None:
    database = Database.open(url)
    begin(database, "b1")
    cut(postgres, url)
    begin(database, "b2")
    with pytest.raises(UnavailableError):
        begin_and(database, lambda: cut(postgres, url))
    begin(database, "b3")
    assert read(database) == 3
    database.close()


def begin_and(database: Database, fail: Callable[[], None]) -> None:
    with database.writing() as connection:
        store(connection, Broadcast("lost", "main", BEGAN))
        fail()


def cut(postgres: Postgres, url: str) -> None:
    postgres.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        f"WHERE datname = '{postgres.name_of(url)}'"
    )


def test_a_slow_statement_is_given_up(url: str) -> None:
    database = Database.open(url, answer_seconds=0.1)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="timeout"), database.reading() as connection:
        connection.execute(sa.text("SELECT pg_sleep(30)"))
    assert time.monotonic() - began < 5
    database.close()


@pytest.mark.usefixtures("impatient")
def test_a_server_that_hangs_holds_up_one_reader_and_no_other(postgres: Postgres, url: str) -> None:
    database = Database.open(url, answer_seconds=1.0)
    with postgres.frozen():
        with pytest.raises(NoAnswerError):
            read(database)
        began = time.monotonic()
        with pytest.raises(NoAnswerError):
            read(database)
        assert time.monotonic() - began < 1.0
    begin(database)  # whoever writes goes on trying
    assert read(database) == 1
    database.close()


@pytest.mark.usefixtures("impatient")
def test_a_server_that_stops_in_the_middle_is_left(postgres: Postgres, url: str) -> None:
    database = Database.open(url, answer_seconds=0.1)
    with pytest.raises(NoAnswerError, match=r"no answer in 0\.3 s"):
        read_frozen(database, postgres)
    begin(database)
    database.close()


def read_frozen(database: Database, postgres: Postgres) -> None:
    with database.reading() as connection, postgres.frozen():
        connection.execute(sa.text("SELECT * FROM broadcasts"))


def read(database: Database) -> int:
    with database.reading() as connection:
        return len(connection.execute(sa.text("SELECT * FROM broadcasts")).all())


def test_a_commit_is_on_the_disk_whatever_the_server_is_set_to(
    postgres: Postgres, url: str
) -> None:
    name = postgres.name_of(url)
    postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    database = Database.open(url)
    with database.writing() as connection:
        assert connection.execute(sa.text("SHOW synchronous_commit")).scalar_one() == "on"
    database.close()


def test_a_value_that_it_cannot_hold_is_a_bad_record(url: str) -> None:
    database = Database.open(url)
    with pytest.raises(RecordError, match="NUL"):
        begin(database, "b\0")
    database.close()


def test_the_password_is_in_no_name() -> None:
    url = sa.make_url("postgresql://u:secret@127.0.0.1/db")
    named = Postgresql(url, busy_timeout_seconds=1, answer_seconds=1)
    assert "secret" not in named.name
    named.engine.dispose()
