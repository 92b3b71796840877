"""A file of the archive into the database: each record once, however often it is tried.

The sections are read from the last to the first, so that a piece is there before its airings. A
note says how far it came; it is only for speed, since what is there already is left as it is.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from storage.database import Database
from storage.errors import RecordError
from storage.exchange_file import ArchiveFile, Section
from storage.records import Airing, Record
from storage.walk import KINDS
from storage.writing import store

BATCH_RECORDS = 50  # a transaction: some hundred milliseconds, in which the journal waits

Progress = Callable[[int], object]  # is told how many records more are done


@dataclass
class Imported:
    """What came of it."""

    new: dict[str, int] = field(default_factory=dict)  # records, by kind
    known: int = 0  # records that were there
    refused: list[str] = field(default_factory=list)  # that the database did not take, and why


class Import:
    """One file on its way into one database, from where an earlier try left off."""

    def __init__(self, file: ArchiveFile, database: Database, note: Path) -> None:
        """`note` is a file for how far it came."""
        self._file = file
        self._database = database
        self._note = note
        self._whose = [file.sha256, database.name]
        self._section, self._done = self._left_off()  # from the end; and of its records

    @property
    def done(self) -> int:
        """Records that an earlier try brought in."""
        sections = self._file.sections[len(self._file.sections) - self._section :]
        return sum(section.lines for section in sections) + self._done

    def run(self, progress: Progress = lambda _: None) -> Imported:
        """
        Raises:
            ArchiveFileError: a line is no record: what stands before it is in the database.
            DatabaseError: the database cannot be written. Try again: it goes on from there.
        """
        imported = Imported()
        for section in list(reversed(self._file.sections))[self._section :]:
            for batch in self._batches(section):
                self._store(section.kind, batch, imported)
                self._done += len(batch)
                self._save()
                progress(len(batch))
            self._section, self._done = self._section + 1, 0
            self._save()
        self._note.unlink(missing_ok=True)
        return imported

    def _batches(self, section: Section) -> Iterator[list[Record]]:
        records = self._file.read(section, skip=self._done)
        while batch := list(itertools.islice(records, BATCH_RECORDS)):
            yield batch

    def _store(self, kind: str, batch: list[Record], imported: Imported) -> None:
        try:
            with self._database.writing() as connection:
                new = sum(store(connection, record) for record in batch)
        except RecordError:
            if len(batch) > 1:  # which one is it?
                for record in batch:
                    self._store(kind, [record], imported)
                return
            imported.refused.append(_refusal(kind, batch[0]))
            return
        imported.new[kind] = imported.new.get(kind, 0) + new
        imported.known += len(batch) - new

    def _left_off(self) -> tuple[int, int]:
        try:
            *whose, section, done = json.loads(self._note.read_text())
        except (OSError, ValueError):
            return 0, 0
        return (section, done) if whose == self._whose else (0, 0)

    def _save(self) -> None:
        partial = self._note.with_name(f"{self._note.name}.new")
        partial.write_text(json.dumps([*self._whose, self._section, self._done]))
        partial.replace(self._note)


def _refusal(kind: str, record: Record) -> str:
    if isinstance(record, Airing):
        return (
            f"the airing at {record.aired_at.isoformat()}: its piece {record.piece_id} is missing"
        )
    return f"a record of {KINDS[kind].plural}: {record!r:.200}"
