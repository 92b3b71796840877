"""`backup` and `restore`: the database as one file, made on air, put back off air."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from station.errors import StationError
from station.programme import database_url
from station.progress import count_bar
from station.settings import Settings
from storage.backup import back_up, restore
from storage.journal import JOURNAL


def add_to(add: Any) -> None:
    """Add the commands to the command line's subparsers."""
    backup = add("backup", help="copy the database, also while on air")
    backup.add_argument(
        "-o", "--output", type=Path, help="file to write (default: named after the time)"
    )
    backup.add_argument("--force", action="store_true", help="replace the file if it is there")
    backup.set_defaults(command=make_backup)

    back = add("restore", help="put a backup in the place of the database, off air")
    back.add_argument("file", type=Path, help="as `backup` made it")
    back.set_defaults(command=put_back)


def make_backup(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    url = database_url(settings)
    ending = "db" if _is_sqlite(url) else "dump"
    output: Path = arguments.output or Path(f"latentfm-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{ending}")
    if output.exists() and not arguments.force:
        raise StationError(f"{output} is there already: name another, or add --force")
    waiting = _copied(url, settings.storage.folder, output)
    print(f"{output}: {output.stat().st_size / 1e6:.1f} MB")
    if waiting:
        journal = settings.storage.folder / JOURNAL
        print(f"{waiting} records are not in it yet: keep a copy of {journal} as well")
    return 0


def put_back(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    url, backup = database_url(settings), arguments.file
    if not _is_sqlite(url):
        raise StationError(
            "a dump of PostgreSQL is put back by its own program: pg_restore --clean "
            f"--if-exists --dbname=URL {backup}"
        )
    if not backup.is_file():
        raise StationError(f"there is no file {backup}")
    before = restore(backup, Path(url.removeprefix("sqlite:///")), settings.storage.folder)
    print(f"{backup} is the database now")
    if before:
        print(f"The one before is {before}")
    return 0


def _copied(url: str, folder: Path, output: Path) -> int:
    if not _is_sqlite(url):
        return back_up(url, folder, output, lambda done, pages: None)  # pg_dump tells nothing
    with count_bar(None, "pages", "backup") as bar:

        def advance(done: int, pages: int) -> None:
            bar.total = pages
            bar.update(done - bar.n)

        return back_up(url, folder, output, advance)


def _is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")
