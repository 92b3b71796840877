"""A process whose disk is full: no file of its may grow past a limit, until it is lifted.

Run as `python -m tests.storage.filler FOLDER URL`. The limit is the kernel's (RLIMIT_FSIZE), so
writes are cut short or refused as on a full disk. It fails if anything is lost.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from storage import queries
from storage.database import Database
from storage.journal import Journal
from tests.pieces import make_piece
from tests.storage.broadcasts import airing_of
from tests.storage.logged import PATIENCE_SECONDS, waited_for

if __name__ == "__main__":
    folder, url = sys.argv[1:]
    piece = make_piece()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_001, hard))
    database = Database(url)
    journal = Journal(Path(folder), database)
    for number in range(20):
        journal.aired(piece, airing_of(piece, number))
    waited_for(journal, "database")
    assert "journal" in (journal.degraded or ""), journal.degraded
    assert (Path(folder) / "journal.jsonl").read_bytes().endswith(b"\n"), "a line was cut"

    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    journal.aired(piece, airing_of(piece, 20))
    assert journal.flush(PATIENCE_SECONDS), journal.degraded
    assert journal.degraded is None
    expected = [airing_of(piece, number).position for number in range(21)]
    assert [airing.position for airing in queries.airings(database, "b1")] == expected
    assert journal.close(5)
    assert not journal.rejected.exists()
    database.close()
