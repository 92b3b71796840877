"""`import-archive`: what `export --format jsonl` wrote, into this station's database."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from station.programme import database_url
from station.progress import count_bar
from station.settings import Settings
from storage.database import Database
from storage.exchange_file import ArchiveFile, open_archive
from storage.importing import Import
from storage.walk import KINDS

NOTE = "import-archive.json"  # in the storage folder: how far it came


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    command = add("import-archive", help="bring an exported archive into this database")
    command.add_argument("file", type=Path, help=".jsonl of `export`, or the folder it is in")
    command.add_argument(
        "--dry-run", action="store_true", help="read all of it, check each piece, change nothing"
    )
    command.set_defaults(command=import_archive)


def import_archive(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    file = checked(arguments.file)
    if arguments.dry_run:
        _read_all(file)
        print(f"{file.path}: {file.records:,} records, all of them sound; nothing was changed")
        return 0
    folder: Path = settings.storage.folder
    folder.mkdir(parents=True, exist_ok=True)
    database = Database.open(database_url(settings), busy_timeout_seconds=30.0)
    try:
        return bring_in(file, database, folder / NOTE)
    finally:
        database.close()


def checked(path: Path) -> ArchiveFile:
    """
    Raises:
        ArchiveFileError: it is not whole, or something else.
    """
    size = path.stat().st_size if path.is_file() else None
    with count_bar(size, "bytes", "checking") as bar:
        return open_archive(path, bar.update)


def bring_in(file: ArchiveFile, database: Database, note: Path) -> int:
    """Import all that is not there yet; the exit status."""
    task = Import(file, database, note)
    with count_bar(file.records, "records", "importing", task.done) as bar:
        imported = task.run(bar.update)
    new = (f"{n:,} {KINDS[name].plural}" for name, n in imported.new.items() if n)
    print(
        f"{file.path}: {', '.join(new).replace('_', ' ') or 'nothing'} new, "
        f"{imported.known:,} records were there"
    )
    for reason in imported.refused:
        print(f"left out: {reason}", file=sys.stderr)
    return 1 if imported.refused else 0


def _read_all(file: ArchiveFile) -> None:
    with count_bar(file.records, "records", "reading") as bar:
        for section in file.sections:
            for _ in file.read(section):
                bar.update()
