"""What tests of the journal do over and over: put airings in, and look what came out."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from storage import queries
from storage.database import Database
from storage.journal import Journal
from storage.records import Airing
from tests.pieces import make_piece
from tests.storage.broadcasts import BEGAN, airing_of

PIECE = make_piece()
PATIENCE_SECONDS = 30.0  # far more than anything here takes: the machine may be busy


def air(journal: Journal, *numbers: int) -> None:
    for number in numbers:
        journal.aired(PIECE, airing_of(PIECE, number))


def aired(url: str, broadcast: str = "b1") -> list[int]:
    """The numbers of what is in the database, in order."""
    database = Database.open(url)
    try:
        return numbers(queries.airings(database, broadcast))
    finally:
        database.close()


def numbers(airings: list[Airing]) -> list[int]:
    return [int((airing.aired_at - BEGAN).total_seconds()) // 30 for airing in airings]


def waited_for(journal: Journal, words: str) -> None:
    """Until it says of its fault what it should, however busy the machine is; nothing arrives."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while words not in (journal.degraded or ""):
        assert not journal.flush(0.05)
        assert time.monotonic() < deadline, journal.degraded


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Inside, somebody else writes to the database, and takes his time."""
    other = Database.open(url)
    try:
        with other.writing():
            yield
    finally:
        other.close()


def run(module: str, *arguments: str) -> bytes:
    """A process of its own, which must not complain."""
    command = [sys.executable, "-W", "error", "-m", f"tests.storage.{module}", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
