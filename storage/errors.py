"""What can go wrong between a record and its row.

StorageError
├── DatabaseError               the URL is of no use, or the server is not fit for us
│   ├── UnavailableError        locked, gone, read-only or full: worth another try
│   │   └── NoAnswerError       its server says nothing at all: it costs whoever waits for it
│   ├── CorruptDatabaseError    the file is not a database, or is damaged
│   └── NewerDatabaseError      a later version of Latent FM wrote it
├── RecordError                 a record the database refuses, or a row that is not its piece
├── JournalError                another server writes to this journal
├── ExportError                 there is no place or no room for an export
├── ArchiveFileError            a file to import is cut short, altered, or something else
└── BackupError                 a copy that could not be made, or put back
"""

from __future__ import annotations

from pathlib import Path


class StorageError(Exception):
    """Base of every error that storage raises on purpose."""


class DatabaseError(StorageError):
    pass


class UnavailableError(DatabaseError):
    def __init__(
        self,
        database: str,
        reason: str,
        fix: str = "Free the disk, close the program that locks it, or set [storage] url in "
        "station.toml.",
    ) -> None:
        super().__init__(
            f"cannot use database {database}: {reason}. Airings wait in the journal meanwhile. "
            + fix
        )


class NoAnswerError(UnavailableError):
    pass


class CorruptDatabaseError(DatabaseError):
    def __init__(self, database: str, reason: str) -> None:
        super().__init__(
            f"database {database} is damaged: {reason}. It was left untouched. Put a backup in "
            f"its place, or move it away and a new one is made; `sqlite3 FILE .recover` may save "
            f"what is in it."
        )


class NewerDatabaseError(DatabaseError):
    def __init__(self, database: str, revision: str, newest_known: str) -> None:
        super().__init__(
            f"database {database} was written by a newer Latent FM (revision {revision}, this one "
            f"knows up to {newest_known}). Upgrade Latent FM, or set another [storage] url in "
            f"station.toml."
        )


class RecordError(StorageError):
    pass


class JournalError(StorageError):
    pass


class ExportError(StorageError):
    pass


class ArchiveFileError(StorageError):
    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}")
        self.line = line


class BackupError(StorageError):
    pass
