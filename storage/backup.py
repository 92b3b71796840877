"""A copy of the database that is whole, made while the station is on air, and its way back.

SQLite is copied in one reading transaction, so the copy is of one moment whatever is written
meanwhile; PostgreSQL's own `pg_dump` does the same. What the journal holds back goes into the
copy of a file, and is named beside a dump.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from storage.database import POSTGRESQL, Database
from storage.errors import BackupError, JournalError
from storage.journal import JOURNAL, Journal
from storage.linefile import LineFile

PAGES_A_STEP = 512
REPLAYING_SECONDS = 3_600.0  # as long as it takes
LEFT_BEHIND = ("-wal", "-shm")  # beside a file of SQLite
Progress = Callable[[int, int], object]  # done, and of how many


def back_up(url: str, folder: Path, target: Path, progress: Progress) -> int:
    """Copy the database at `url` to `target`, a file; what was there is replaced.

    Args:
        folder: where the station's journal is, in which records may wait.
        progress: told of pages, as they are copied; not with PostgreSQL.

    Returns:
        How many records wait in the journal and are not in the copy: none with SQLite.

    Raises:
        BackupError: what went wrong; `target` is as it was.
    """
    # Read first: what leaves the journal from here on is in the database when that is copied.
    waiting = _waiting(folder / JOURNAL)
    parsed = sa.make_url(url)
    with _unfinished(target) as partial:
        if parsed.drivername in POSTGRESQL:
            _dump(parsed, partial)
            return waiting.count(b"\n")
        _copy(Path(parsed.database or ""), partial, progress)
        _replay(waiting, partial)
        _check(partial, called=target)
    return 0


def restore(backup: Path, file: Path, folder: Path) -> Path | None:
    """Put a copy of SQLite in the place of the database in `file`.

    Returns:
        Where the database is now that was there before, if there was one.

    Raises:
        BackupError: a server runs on it, or the copy is not sound; nothing was changed.
    """
    try:
        lock = LineFile(folder / JOURNAL)
    except JournalError as error:
        raise BackupError(f"{error} A backup is put back while the station is off air.") from error
    try:
        with _unfinished(file) as partial:
            _needs_room(backup, partial)
            shutil.copyfile(backup, partial)
            _check(partial, called=backup)
            before = _aside(file)
        return before
    finally:
        lock.close()


def _waiting(journal: Path) -> bytes:
    try:
        return journal.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise BackupError(f"cannot read {journal}: {error.strerror}") from error


@contextlib.contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """A name beside the target's, which gets that name when all of it is on the disk."""
    partial = target.with_name(target.name + ".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(partial)
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        for ending in LEFT_BEHIND:  # by another database
            target.with_name(target.name + ending).unlink(missing_ok=True)
        partial.replace(target)
    except OSError as error:
        full = " Free the disk, or name another one." if error.errno == errno.ENOSPC else ""
        raise BackupError(f"cannot write {target}: {error.strerror}.{full}") from error
    finally:
        _remove(partial)


def _remove(file: Path) -> None:
    for ending in ("", *LEFT_BEHIND, "-journal"):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def _copy(source: Path, partial: Path, progress: Progress) -> None:
    if not source.is_file():
        raise BackupError(f"there is no database at {source}: see [storage] in station.toml")
    _needs_room(source, partial)
    try:
        with (
            contextlib.closing(sqlite3.connect(source)) as read,
            contextlib.closing(sqlite3.connect(partial)) as written,
        ):
            # One view of the data from the first page to the last: without it, each piece that
            # goes on air meanwhile would have the copy begin anew.
            read.execute("BEGIN")
            read.execute("SELECT count(*) FROM sqlite_master").fetchone()
            read.backup(
                written,
                pages=PAGES_A_STEP,
                progress=lambda _, left, pages: progress(pages - left, pages),
            )
    except sqlite3.Error as error:
        raise BackupError(f"cannot copy {source}: {error}") from error


def _replay(waiting: bytes, partial: Path) -> None:
    """By a journal of the copy's own, which deals with whatever the lines are."""
    if not waiting:
        return
    with tempfile.TemporaryDirectory(dir=partial.parent) as folder:
        (Path(folder) / JOURNAL).write_bytes(waiting)
        database = Database(f"sqlite:///{partial}")
        journal = Journal(Path(folder), database)
        try:
            if not journal.close(REPLAYING_SECONDS):
                raise BackupError(f"cannot bring the journal into the copy: {journal.degraded}")
        finally:
            database.close()


def _check(file: Path, *, called: Path) -> None:
    """Is it whole? It is one file afterwards."""
    try:
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            ours = connection.execute(
                "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
            ).fetchone()[0]
            connection.execute("PRAGMA journal_mode = DELETE").close()
    except sqlite3.Error as error:
        raise BackupError(f"{called} is no sound database: {error}") from error
    if found != "ok":
        raise BackupError(f"{called} is damaged: {found}")
    if not ours:
        raise BackupError(f"{called} is a database of another program")


def _needs_room(source: Path, partial: Path) -> None:
    needed_bytes = sum(
        path.stat().st_size
        for path in (source, source.with_name(source.name + "-wal"))
        if path.exists()
    )
    free_bytes = shutil.disk_usage(partial.parent).free
    if free_bytes < needed_bytes:
        raise BackupError(
            f"{partial.parent} has {free_bytes / 1e6:.0f} MB free, and the copy takes "
            f"{needed_bytes / 1e6:.0f} MB. Free that disk, or name a file on another one."
        )


def _aside(file: Path) -> Path | None:
    if not file.exists():
        return None
    before = file.with_name(f"{file.name}.before")
    number = 1
    while before.exists():
        number += 1
        before = file.with_name(f"{file.name}.before-{number}")
    for ending in ("", *LEFT_BEHIND):  # its last transactions may be in those
        part = file.with_name(file.name + ending)
        if part.exists():
            part.rename(before.with_name(before.name + ending))
    return before


def _dump(url: sa.URL, partial: Path) -> None:
    """In PostgreSQL's custom format."""
    # Without the password: every user of the machine sees what is on a command line.
    safe = sa.URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    ).render_as_string()
    command = ["pg_dump", "--format=custom", f"--file={partial}", safe]
    words = " ".join(["pg_dump", "--format=custom", "--file=FILE", safe])
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise BackupError(
            "pg_dump is not installed here (Debian: apt-get install postgresql-client). Where it "
            f"is, run: {words}"
        ) from error
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise BackupError(f"{words}: {said}")
