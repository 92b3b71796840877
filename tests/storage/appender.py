"""Appenders to a journal that are killed at random instants, and what is left of their records.

Run as `python -m tests.storage.appender FOLDER URL INSTANTS SEED`. One after another is forked and
killed with SIGKILL; it says each record when it is kept. Prints as JSON how many were, and how
many of those are nowhere.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import random
import select
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storage import queries, wire
from storage.database import Database
from storage.journal import Journal
from storage.records import AiredPiece
from tests.pieces import make_piece
from tests.storage.broadcasts import airing_of

LONGEST_WAIT_SECONDS = 0.03
DRAINING_SECONDS = 60.0


@dataclass
class Toll:
    """What so many kills cost."""

    instants: int = 0
    kept: int = 0  # records that were said to be kept
    lost: int = 0  # of them: neither in the database nor in the journal
    out_of_order: int = 0  # instants at which the database had a record and not the one before
    doubled: int = 0  # rows that nobody was told of, beyond the one each was killed in


def kill_many(folder: Path, url: str, instants: int, seed: int) -> Iterator[Toll]:
    """Yields the toll so far, after each kill; the last one is after all was replayed."""
    dice = random.Random(seed)
    toll = Toll()
    said: dict[str, list[int]] = {}
    for number in range(instants):
        broadcast = f"b{number:04}"
        appends = dice.choice((0, 1, 8, 9, 20))  # none: killed while it opens and replays
        more_seconds = dice.uniform(0, LONGEST_WAIT_SECONDS)
        said[broadcast] = _kill_one(folder, url, broadcast, appends, more_seconds)
        stored = _stored(url, broadcast)
        waiting = _waiting(folder, broadcast)
        toll.instants += 1
        toll.kept += len(said[broadcast])
        toll.lost += len(set(said[broadcast]) - set(stored) - set(waiting))
        toll.out_of_order += stored != list(range(len(stored)))
        yield toll
    database = Database(url)
    journal = Journal(folder, database)
    assert journal.flush(DRAINING_SECONDS), journal.degraded
    assert journal.close(DRAINING_SECONDS)
    toll.lost = 0
    for broadcast, positions in said.items():
        stored = _positions(database, broadcast)
        toll.lost += len(set(positions) - set(stored))
        toll.doubled += max(0, len(stored) - len(positions) - 1)
    assert not journal.rejected.exists() or _are_torn(journal.rejected)
    database.close()
    yield toll


def _append_for_ever(folder: Path, url: str, broadcast: str, acknowledge_fd: int) -> None:
    journal = Journal(folder, Database(url))
    piece = make_piece(seed=int(broadcast[1:]))
    for position in itertools.count():
        journal.aired(piece, airing_of(piece, position, broadcast=broadcast))
        os.write(acknowledge_fd, f"{position}\n".encode())
        if position % 8 == 7:
            journal.flush(10)  # so that some are killed while the file is emptied


def _kill_one(
    folder: Path, url: str, broadcast: str, appends: int, more_seconds: float
) -> list[int]:
    """What it said was kept."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_fd)
        _append_for_ever(folder, url, broadcast, write_fd)
    os.close(write_fd)
    said = b""
    while said.count(b"\n") < appends:
        said += os.read(read_fd, 65536)
    deadline = time.monotonic() + more_seconds
    while (left := deadline - time.monotonic()) > 0:
        if select.select([read_fd], [], [], left)[0]:
            said += os.read(read_fd, 65536)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while more := os.read(read_fd, 65536):
        said += more
    os.close(read_fd)
    return [int(line) for line in said.splitlines()]


def _stored(url: str, broadcast: str) -> list[int]:
    database = Database.open(url, busy_timeout_seconds=10)
    try:
        return _positions(database, broadcast)
    finally:
        database.close()


def _positions(database: Database, broadcast: str) -> list[int]:
    step = airing_of(make_piece(), 1).position
    return [airing.position // step for airing in queries.airings(database, broadcast)]


def _waiting(folder: Path, broadcast: str) -> list[int]:
    """What a next run will find in the file, beside lines that this kill or one before tore."""
    step = airing_of(make_piece(), 1).position
    path = folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    records = [wire.from_line(line) for line in lines if _is_whole(line.decode())]
    airings = [record.airing for record in records if isinstance(record, AiredPiece)]
    return [each.position // step for each in airings if each.broadcast_id == broadcast]


def _are_torn(rejected: Path) -> bool:
    """A line that nobody was told of may be torn, and goes aside; a whole one must not."""
    lines = [json.loads(line)["line"] for line in rejected.read_text().splitlines()]
    return not any(_is_whole(line + "\n") for line in lines)


def _is_whole(line: str) -> bool:
    """A torn one is no JSON: it has no newline, or one that the next run put there."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return line.endswith("\n")


if __name__ == "__main__":
    folder, url, instants, seed = sys.argv[1:]
    *_, toll = kill_many(Path(folder), url, int(instants), int(seed))
    print(json.dumps(dataclasses.asdict(toll)))
