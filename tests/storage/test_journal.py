from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from storage import queries, wire
from storage.database import Database
from storage.errors import JournalError
from storage.journal import Journal
from storage.records import AiredPiece, Airing, Broadcast, Record, StationEvent
from tests.pieces import make_piece
from tests.storage.broadcasts import BEGAN, airing_of, hour_of, join_at

PIECE = make_piece()
LATER = BEGAN + timedelta(days=1)
OpenJournal = Callable[[], Journal]


def air(journal: Journal, *numbers: int) -> None:
    for number in numbers:
        journal.aired(PIECE, airing_of(PIECE, number))


def aired(url: str) -> list[Airing]:
    database = Database.open(url)
    try:
        return queries.airings(database, "b1")
    finally:
        database.close()


def numbers(airings: list[Airing]) -> list[int]:
    return [int((airing.aired_at - BEGAN).total_seconds()) // 30 for airing in airings]


def run(module: str, *arguments: str) -> bytes:
    command = [sys.executable, "-W", "error", "-m", f"tests.storage.{module}", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def lock(url: str) -> sqlite3.Connection:
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def unlock(other: sqlite3.Connection) -> None:
    other.execute("ROLLBACK")
    other.close()


def test_every_kind_of_record_arrives(journal: Journal, url: str) -> None:
    journal.append(Broadcast("b1", "main", BEGAN))
    journal.made(make_piece(seed=1))
    journal.append(hour_of())
    journal.append(StationEvent("main", BEGAN, "skip", {"by": "operator"}))
    journal.append(join_at(0))
    air(journal, 0)
    assert journal.flush(5)
    database = Database.open(url)
    assert queries.counts(database) == queries.Counts(pieces=2, airings=1, replays=0, broadcasts=1)
    assert queries.listening_hours(database, "main", BEGAN, LATER) == [hour_of()]
    assert queries.events(database, "main", 1)[0].detail == {"by": "operator"}
    assert queries.joins(database, "main") == [join_at(0)]
    database.close()


def test_the_file_is_empty_once_all_is_written(journal: Journal, tmp_path: Path) -> None:
    air(journal, 0, 1, 2)
    assert journal.flush(5)
    assert (tmp_path / "journal/journal.jsonl").read_bytes() == b""


def test_a_line_is_in_the_file_before_append_returns(
    database: Database, journal: Journal, url: str, tmp_path: Path
) -> None:
    other = lock(url)
    air(journal, 0)
    record = AiredPiece(airing_of(PIECE, 0), PIECE)
    assert (tmp_path / "journal/journal.jsonl").read_bytes() == wire.to_line(record)
    unlock(other)


def test_a_kill_at_any_instant_loses_nothing(
    open_journal: OpenJournal, tmp_path: Path, url: str
) -> None:
    said = run("appender", str(tmp_path / "journal"), url, "30", "7").decode().splitlines()
    assert open_journal().flush(30)
    database = Database.open(url)
    broadcasts = sorted({line.split()[0] for line in said})
    assert len(broadcasts) >= 15
    for broadcast in broadcasts:
        acknowledged = [int(p) for b, p in (line.split() for line in said) if b == broadcast]
        stored = numbers(queries.airings(database, broadcast))
        assert stored[: len(acknowledged)] == acknowledged
        assert len(stored) <= len(acknowledged) + 1  # killed between the write and the word
    database.close()


def test_what_a_locked_database_missed_arrives_in_order(
    database: Database, journal: Journal, url: str
) -> None:
    other = lock(url)
    air(journal, *range(30))
    assert not journal.flush(0.2)
    assert "locked" in (journal.degraded or "")
    unlock(other)
    assert journal.flush(5)
    assert numbers(aired(url)) == list(range(30))
    assert journal.degraded is None


def test_a_long_fault_is_logged_twice(
    database: Database, journal: Journal, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="storage")
    other = lock(url)
    for number in range(4):
        air(journal, number)
        journal.flush(0.1)
    unlock(other)
    assert journal.flush(5)
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_a_database_whose_folder_is_in_the_way_is_made_later(
    journal: Journal, url: str, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("in the way")
    air(journal, 0, 1)
    assert not journal.flush(0.2)
    (tmp_path / "data").unlink()
    assert journal.flush(5)
    assert numbers(aired(url)) == [0, 1]


def test_a_damaged_database_is_waited_out(journal: Journal, url: str, tmp_path: Path) -> None:
    file = tmp_path / "data/latentfm.db"
    file.parent.mkdir()
    file.write_bytes(b"not a database at all" * 200)
    air(journal, 0, 1)
    assert not journal.flush(0.2)
    assert "is damaged" in (journal.degraded or "")
    file.rename(tmp_path / "aside")
    assert journal.flush(5)
    assert numbers(aired(url)) == [0, 1]


def test_a_removed_database_is_made_again(journal: Journal, url: str, tmp_path: Path) -> None:
    air(journal, 0)
    assert journal.flush(5)
    shutil.rmtree(tmp_path / "data")
    air(journal, 1, 2)
    assert journal.flush(5)
    assert numbers(aired(url)) == [1, 2]


def test_a_removed_journal_is_made_again(
    database: Database, journal: Journal, url: str, tmp_path: Path
) -> None:
    other = lock(url)
    air(journal, 0)
    shutil.rmtree(tmp_path / "journal")
    air(journal, 1)
    assert len((tmp_path / "journal/journal.jsonl").read_bytes().splitlines()) == 2
    unlock(other)
    assert journal.flush(5)
    assert numbers(aired(url)) == [0, 1]


def test_an_emptied_journal_goes_on(
    database: Database, journal: Journal, url: str, tmp_path: Path
) -> None:
    other = lock(url)
    air(journal, 0)
    (tmp_path / "journal/journal.jsonl").write_bytes(b"")
    air(journal, 1)
    unlock(other)
    assert journal.flush(5)
    assert numbers(aired(url))[-1] == 1


def test_a_journal_that_cannot_be_written_goes_on_in_memory(
    open_journal: OpenJournal, url: str, tmp_path: Path
) -> None:
    (tmp_path / "journal").write_text("in the way")
    journal = open_journal()
    air(journal, 0, 1)
    assert journal.flush(5)
    assert numbers(aired(url)) == [0, 1]
    assert "journal" in (journal.degraded or "")
    (tmp_path / "journal").unlink()
    air(journal, 2)
    assert journal.degraded is None


def test_a_full_disk_loses_nothing(tmp_path: Path, url: str) -> None:
    run("filler", str(tmp_path / "journal"), url)


def write_lines(tmp_path: Path, *lines: bytes) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal/journal.jsonl").write_bytes(b"".join(lines))


def line(number: int) -> bytes:
    return wire.to_line(AiredPiece(airing_of(PIECE, number), PIECE))


def rejected(journal: Journal) -> list[str]:
    return [json.loads(text)["line"] for text in journal.rejected.read_text().splitlines()]


def test_what_a_crash_left_is_replayed_once(
    open_journal: OpenJournal, url: str, tmp_path: Path
) -> None:
    write_lines(tmp_path, line(0), line(1), line(0), line(2))
    assert open_journal().flush(5)
    assert numbers(aired(url)) == [0, 1, 2]


def test_a_torn_last_line_is_put_aside(open_journal: OpenJournal, url: str, tmp_path: Path) -> None:
    write_lines(tmp_path, line(0), line(1)[:500])
    journal = open_journal()
    air(journal, 2)
    assert journal.flush(5)
    assert numbers(aired(url)) == [0, 2]
    assert rejected(journal) == [line(1)[:500].decode()]


@pytest.mark.parametrize(
    "bad",
    [
        b"\xff\x00\r garbage",
        b"{}",
        b'{"record":"airing"}',
        b'{"record":"listeners","listeners":{"station":"a","mount":"b","at":1,"current":2}}',
        line(1).strip().replace(b"Piece 0", b"Forged"),
        line(1).strip().replace(b'"position":1440000', b'"position":9999999999999999999999'),
        b"[" * 400_000,
    ],
    ids=["bytes", "empty", "partial", "types", "altered piece", "too large", "deep"],
)
def test_a_bad_line_does_not_block_the_rest(
    open_journal: OpenJournal, url: str, tmp_path: Path, bad: bytes
) -> None:
    write_lines(tmp_path, line(0), bad + b"\n", line(2))
    journal = open_journal()
    assert journal.flush(10)
    assert numbers(aired(url)) == [0, 2]
    assert journal.rejected.exists()
    assert journal.degraded is None


def test_many_threads_may_append(journal: Journal, url: str) -> None:
    threads = [
        threading.Thread(target=air, args=(journal, *range(first, 200, 4))) for first in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.flush(20)
    assert numbers(aired(url)) == list(range(200))


def test_a_folder_has_one_journal(journal: Journal, open_journal: OpenJournal) -> None:
    with pytest.raises(JournalError, match="another server"):
        open_journal()


def test_closing_writes_what_is_left(journal: Journal, url: str) -> None:
    air(journal, *range(20))
    assert journal.close(10)
    assert numbers(aired(url)) == list(range(20))


def test_what_closing_could_not_write_waits_for_the_next_run(
    database: Database, open_journal: OpenJournal, url: str
) -> None:
    other = lock(url)
    first = open_journal()
    air(first, 0, 1)
    assert not first.close(5)
    unlock(other)
    assert open_journal().flush(5)
    assert numbers(aired(url)) == [0, 1]


def test_an_airing_of_another_piece_is_refused() -> None:
    with pytest.raises(ValueError, match="given piece"):
        AiredPiece(airing_of(PIECE, 0), make_piece(seed=5))


@pytest.mark.parametrize("hours", [None, 2])
def test_a_time_that_is_not_utc_is_refused(hours: int | None) -> None:
    zone = None if hours is None else timezone(timedelta(hours=hours))
    with pytest.raises(ValueError, match="UTC"):
        Broadcast("b1", "main", BEGAN.replace(tzinfo=zone))


def test_a_detail_that_json_cannot_hold_is_the_callers_mistake(journal: Journal) -> None:
    event: Record = StationEvent("main", BEGAN, "skip", {"by": object()})
    with pytest.raises(TypeError):
        journal.append(event)
