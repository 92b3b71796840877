from __future__ import annotations

import json
import logging
import shutil
import threading
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from storage import queries, wire
from storage.database import Database
from storage.errors import JournalError
from storage.journal import Journal
from storage.records import AiredPiece, Broadcast, Record, StationEvent
from tests.pieces import make_piece
from tests.storage.archives import counts, held
from tests.storage.broadcasts import BEGAN, airing_of, hour_of, join_at
from tests.storage.conftest import OpenJournal
from tests.storage.logged import PATIENCE_SECONDS, PIECE, air, aired, locked, waited_for

LATER = BEGAN + timedelta(days=1)


def test_every_kind_of_record_arrives(journal: Journal, url: str) -> None:
    journal.append(Broadcast("b1", "main", BEGAN))
    journal.made(make_piece(seed=1))
    journal.append(hour_of())
    journal.append(StationEvent("main", BEGAN, "skip", {"by": "operator"}))
    journal.append(join_at(0))
    air(journal, 0)
    assert journal.flush(PATIENCE_SECONDS)
    database = Database.open(url)
    once = dict.fromkeys(("airing", "broadcast", "event", "join", "listening"), 1)
    assert counts(database) == {"piece": 2, **once, "rating": 0}
    assert queries.listening_hours(database, "main", BEGAN, LATER) == [hour_of()]
    assert queries.events(database, "main", 1)[0].detail == {"by": "operator"}
    assert held(database, "join") == [join_at(0)]
    database.close()


def test_the_file_is_empty_once_all_is_written(journal: Journal, tmp_path: Path) -> None:
    air(journal, 0, 1, 2)
    assert journal.flush(PATIENCE_SECONDS)
    assert (tmp_path / "journal/journal.jsonl").read_bytes() == b""


def test_a_line_is_in_the_file_before_append_returns(
    database: Database, journal: Journal, url: str, tmp_path: Path
) -> None:
    with locked(url):
        air(journal, 0)
        record = AiredPiece(airing_of(PIECE, 0), PIECE)
        assert (tmp_path / "journal/journal.jsonl").read_bytes() == wire.to_line(record)


def test_what_a_locked_database_missed_arrives_in_order(
    database: Database, journal: Journal, url: str
) -> None:
    with locked(url):
        air(journal, *range(30))
        waited_for(journal, "locked")
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == list(range(30))
    assert journal.degraded is None


def test_a_long_fault_is_logged_twice(
    database: Database, journal: Journal, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="storage")
    with locked(url):
        for number in range(4):
            air(journal, number)
            journal.flush(0.1)
    assert journal.flush(PATIENCE_SECONDS)
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_a_removed_journal_is_made_again(
    database: Database, journal: Journal, url: str, tmp_path: Path
) -> None:
    with locked(url):
        air(journal, 0)
        shutil.rmtree(tmp_path / "journal")
        air(journal, 1)
        assert len((tmp_path / "journal/journal.jsonl").read_bytes().splitlines()) == 2
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == [0, 1]


def test_an_emptied_journal_goes_on(
    database: Database, journal: Journal, url: str, tmp_path: Path
) -> None:
    with locked(url):
        air(journal, 0)
        (tmp_path / "journal/journal.jsonl").write_bytes(b"")
        air(journal, 1)
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url)[-1] == 1


def test_a_journal_that_cannot_be_written_goes_on_in_memory(
    open_journal: OpenJournal, url: str, tmp_path: Path
) -> None:
    (tmp_path / "journal").write_text("in the way")
    journal = open_journal()
    air(journal, 0, 1)
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == [0, 1]
    assert "journal" in (journal.degraded or "")
    (tmp_path / "journal").unlink()
    air(journal, 2)
    assert journal.degraded is None


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
    assert open_journal().flush(PATIENCE_SECONDS)
    assert aired(url) == [0, 1, 2]


def test_a_torn_last_line_is_put_aside(open_journal: OpenJournal, url: str, tmp_path: Path) -> None:
    write_lines(tmp_path, line(0), line(1)[:500])
    journal = open_journal()
    air(journal, 2)
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == [0, 2]
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
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == [0, 2]
    assert journal.rejected.exists()
    assert journal.degraded is None


def test_many_threads_may_append(journal: Journal, url: str) -> None:
    threads = [
        threading.Thread(target=air, args=(journal, *range(first, 80, 4))) for first in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.flush(PATIENCE_SECONDS)
    assert aired(url) == list(range(80))


def test_a_folder_has_one_journal(journal: Journal, open_journal: OpenJournal) -> None:
    with pytest.raises(JournalError, match="another server"):
        open_journal()


def test_closing_writes_what_is_left(journal: Journal, url: str) -> None:
    air(journal, *range(20))
    assert journal.close(10)
    assert aired(url) == list(range(20))


def test_what_closing_could_not_write_waits_for_the_next_run(
    database: Database, open_journal: OpenJournal, url: str
) -> None:
    with locked(url):
        first = open_journal()
        air(first, 0, 1)
        assert not first.close(5)
    assert open_journal().flush(PATIENCE_SECONDS)
    assert aired(url) == [0, 1]


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
