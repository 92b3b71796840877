"""The journal: what went on air is in a file before anything else happens.

A record is one line, appended before `append` returns; a thread of the journal's own brings the
lines to the database, in order, each once, and tries again for as long as it takes. So a slow
or broken database never touches the sound, and a `kill -9` loses nothing.
"""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

from generators.music import Piece
from storage import wire
from storage.database import Database
from storage.errors import RecordError, StorageError
from storage.fault import Fault
from storage.linefile import LineFile
from storage.records import AiredPiece, Airing, Record
from storage.writing import store

FIRST_RETRY_SECONDS = 0.2
LONGEST_RETRY_SECONDS = 15.0
JOURNAL = "journal.jsonl"  # in the data folder

logger = logging.getLogger(__name__)


class Journal:
    """Takes records from any thread, and owns the one thread that writes to the database."""

    def __init__(self, folder: Path, database: Database) -> None:
        """Start, with what an earlier run left in the file. The database need not be there yet.

        Raises:
            JournalError: another server writes to this folder.
        """
        self.rejected = folder / "journal.rejected"  # lines that are no record, with the reason
        self._database = database
        self._lines = LineFile(folder / JOURNAL)
        self._fault = Fault("airings wait in the journal")
        self._hurry = threading.Event()
        self._closing = False
        self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
        self._writer.start()

    def append(self, record: Record) -> None:
        """Keep a record. Takes a write to a file, never a wait, never an error of the disk.

        Raises:
            TypeError: an event's detail holds what JSON cannot.
        """
        self._lines.append(wire.to_line(record))

    def made(self, piece: Piece) -> None:
        """A piece is finished, whether it will be heard or not."""
        self.append(piece)

    def aired(self, piece: Piece, airing: Airing) -> None:
        """A piece begins to sound."""
        self.append(AiredPiece(airing, piece))

    @property
    def degraded(self) -> str | None:
        """What is wrong now, for health; None when all is well."""
        reasons = [f.reason for f in (self._fault, self._lines.fault) if f.reason is not None]
        return "; ".join(reasons) or None

    @property
    def waiting_bytes(self) -> int:
        """How much is not in the database yet."""
        return self._lines.waiting_bytes

    def flush(self, timeout_seconds: float) -> bool:
        """Wait until all that was appended is in the database; whether it is."""
        self._hurry.set()
        with self._lines.changed:
            goal_bytes = self._lines.appended_bytes
            return self._lines.changed.wait_for(
                lambda: self._lines.settled_bytes >= goal_bytes, timeout_seconds
            )

    def close(self, timeout_seconds: float) -> bool:
        """Try once more to write what is left, and stop; whether all of it was written.

        What was not stays in the file for the next run.
        """
        with self._lines.changed:
            self._closing = True
            self._lines.changed.notify_all()
        self._hurry.set()
        self._writer.join(timeout_seconds)
        if self._writer.is_alive():  # it still uses the file
            return False
        self._lines.close()
        return self._lines.is_settled

    def _write(self) -> None:
        retry_seconds = FIRST_RETRY_SECONDS
        while True:
            with self._lines.changed:
                self._lines.changed.wait_for(lambda: self._closing or not self._lines.is_settled)
            closing = self._closing
            try:
                self._drain()
            # Broad, because nothing else would bring this thread back: it supervises itself.
            except Exception as error:
                known = isinstance(error, StorageError | OSError)
                self._fault.begins(str(error) if known else repr(error))
                if not closing:
                    self._hurry.wait(retry_seconds)
                    self._hurry.clear()
                    retry_seconds = min(2 * retry_seconds, LONGEST_RETRY_SECONDS)
            else:
                self._fault.ends()
                retry_seconds = FIRST_RETRY_SECONDS
            if closing:
                return

    def _drain(self) -> None:
        while lines := self._lines.first():
            # After a fault it may be another one: made anew, or brought back from a backup.
            if not self._database.is_ready or self._fault.reason is not None:
                self._database.prepare()
            rejects = self._store(lines)
            if not self._database.is_ready:
                continue  # the file was removed under us: once more, into a new one
            for line, reason in rejects:
                self._reject(line, reason)
            self._fault.ends()  # before `flush` hears of it
            self._lines.settle(sum(len(line) for line in lines))

    def _store(self, lines: list[bytes]) -> list[tuple[bytes, str]]:
        """Put lines in the database; those that will never go in are given back with the reason."""
        rejects = []
        records = []
        for line in filter(bytes.strip, lines):
            try:
                records.append((line, wire.from_line(line)))
            except ValueError as error:
                rejects.append((line, str(error)))
        try:
            with self._database.writing() as connection:
                for _, record in records:
                    store(connection, record)
        except (RecordError, ValueError):  # one of them is bad: find it
            for line, record in records:
                try:
                    with self._database.writing() as connection:
                        store(connection, record)
                except (RecordError, ValueError) as error:
                    rejects.append((line, str(error)))
        return rejects

    def _reject(self, line: bytes, reason: str) -> None:
        text = line.decode("utf-8", "backslashreplace").rstrip("\n")
        entry = json.dumps({"reason": reason, "line": text}) + "\n"
        with self.rejected.open("ab") as file:
            file.write(entry.encode())
        logger.warning("journal: a line was moved to %s: %s", self.rejected, reason)
