"""An export: a walk through the archive into files, whole under their name or not there at all.

It grows in a folder beside its place, with a note of how far it came. What was interrupted goes on
from there when the same is asked for again. It never takes the last room of a disk: that is for
what goes on air.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from storage import exchange
from storage.database import Database
from storage.errors import ExportError
from storage.exchange import LinesWriter
from storage.export_csv import CsvWriter
from storage.export_parquet import ParquetWriter
from storage.room import KEEP_FREE_BYTES, KEEP_FREE_SHARE
from storage.walk import KINDS, PAGE_ROWS, Kept, Kind, Page, Scope, count, walk

CARD = "export.json"  # in a folder of ours: what it is, and so what may be replaced
VERSION = 1


class Writer(Protocol):
    """Turns records into files of one format."""

    def write(self, kind: Kind, records: Sequence[Kept]) -> None: ...

    def end(self, kind: Kind) -> None:
        """There are no more of these."""

    def safe(self) -> dict[str, Any] | None:
        """What it takes to go on from here after a crash; None while that cannot be."""

    def finish(self, counts: Mapping[str, int]) -> None:
        """All is written."""

    def close(self) -> None:
        """Let go of what is open, finished or not."""


@dataclass(frozen=True, slots=True)
class Format:
    """Which kinds a format holds, and who writes it, from where one came to before."""

    name: str
    writer: Callable[[Path, Mapping[str, Any], Scope], Writer]
    kinds: tuple[str, ...] = tuple(KINDS)
    file: str | None = None  # the one file that it is; None for a folder of files


FORMATS = {
    format.name: format
    for format in (
        Format("csv", lambda folder, came_to, _: CsvWriter(folder, came_to)),
        Format("jsonl", LinesWriter, file=exchange.NAME),
        Format("parquet", lambda folder, came_to, _: ParquetWriter(folder, came_to)),
    )
}


@dataclass
class _State:
    """How far it came."""

    asked: dict[str, Any]
    kind: str
    cursor: list[str | int] | None = None
    counts: dict[str, int] = field(default_factory=dict)  # rows written, by kind
    damaged: list[str] = field(default_factory=list)  # rows that could not be read, and why
    writer: dict[str, Any] = field(default_factory=dict)


class Export:
    """One export, from where an earlier try left off."""

    def __init__(
        self,
        database: Database,
        format: Format,
        scope: Scope,
        place: Path,
        *,
        replace: bool = False,
        keep_free_bytes: int = KEEP_FREE_BYTES,
        page_rows: int = PAGE_ROWS,
    ) -> None:
        """
        Raises:
            ExportError: something stands in that place already.
        """
        self._database = database
        self._format = format
        self._scope = scope
        self._place = place
        self._is_file = format.file is not None and place.suffix == Path(format.file).suffix
        self._keep_free_bytes = keep_free_bytes
        self._page_rows = page_rows
        self._partial = place.absolute().parent / f".{place.name}.partial"
        self._state_path = self._partial / "state.json"
        self._refuse_to_lose(replace)
        asked = {"format": format.name, "version": VERSION, **scope.said()}
        self._state = self._left_off(asked) or _State(asked, format.kinds[0])

    @property
    def done(self) -> int:
        """Rows that an earlier try wrote, or this one so far."""
        return sum(self._state.counts.values()) + len(self._state.damaged)

    @property
    def counts(self) -> Mapping[str, int]:
        return self._state.counts

    @property
    def damaged(self) -> Sequence[str]:
        """Rows that could not be read, and why."""
        return self._state.damaged

    def rows(self) -> int:
        """How many there are to be written, those that are with them."""
        return sum(count(self._database, KINDS[k], self._scope) for k in self._format.kinds)

    def run(self, progress: Callable[[int], object] = lambda rows: None) -> None:
        """Write what is left, and put it in its place. `progress` is told of more rows.

        Raises:
            ExportError: there is no room, or it cannot be written there. What is done stays
                beside the place, and another try goes on with it.
            DatabaseError: the archive cannot be read.
        """
        try:
            self._partial.mkdir(parents=True, exist_ok=True)
            self._see_room()
            writer = self._format.writer(self._partial, self._state.writer, self._scope)
            with contextlib.closing(writer):
                self._write(writer, progress)
                writer.finish(self._state.counts)
            self._move()
        except OSError as error:
            raise ExportError(
                f"cannot write {self._place}: {error.strerror or error}. What is done waits in "
                f"{self._partial}: put it right and ask again to go on, or remove that folder."
            ) from error

    def _write(self, writer: Writer, progress: Callable[[int], object]) -> None:
        state, kinds = self._state, self._format.kinds
        for name in kinds[kinds.index(state.kind) :]:
            kind = KINDS[name]
            if state.kind != name:
                state.kind, state.cursor = name, None
            state.counts.setdefault(name, 0)
            for page in self._pages(kind):
                self._see_room()
                writer.write(kind, page.records)
                state.cursor = list(page.cursor)
                state.counts[name] += len(page.records)
                state.damaged += page.damaged
                self._save(writer)
                progress(page.rows)
            writer.end(kind)
            self._save(writer)

    def _pages(self, kind: Kind) -> Iterator[Page]:
        return walk(self._database, kind, self._scope, self._state.cursor, self._page_rows)

    def _save(self, writer: Writer) -> None:
        if (came_to := writer.safe()) is None:
            return
        self._state.writer = came_to
        partial = self._state_path.with_suffix(".new")
        partial.write_text(json.dumps(asdict(self._state)))
        partial.replace(self._state_path)

    def _left_off(self, asked: dict[str, Any]) -> _State | None:
        """What an earlier try noted; what was asked for something else is removed."""
        try:
            state = _State(**json.loads(self._state_path.read_text()))
        except (OSError, ValueError, TypeError):
            state = None
        if state is None or state.asked != asked:
            shutil.rmtree(self._partial, ignore_errors=True)
            return None
        return state

    def _move(self) -> None:
        """Out of the folder beside its place, into it."""
        if self._is_file:
            (self._partial / str(self._format.file)).replace(self._place)
            shutil.rmtree(self._partial)
            return
        card = {**self._state.asked, "counts": self._state.counts}
        (self._partial / CARD).write_text(json.dumps(card, indent=2) + "\n")
        self._state_path.unlink(missing_ok=True)
        if (self._place / CARD).is_file():
            shutil.rmtree(self._place)
        os.replace(self._partial, self._place)

    def _refuse_to_lose(self, replace: bool) -> None:
        place = self._place
        if not place.exists() or (place.is_dir() and not any(place.iterdir())):
            return
        if not replace:
            raise ExportError(f"{place} is there already: choose another -o, or say --force")
        if place.is_dir() == self._is_file or (place.is_dir() and not (place / CARD).is_file()):
            raise ExportError(f"{place} is no export of ours, and is not replaced: choose another")

    def _see_room(self) -> None:
        disk = shutil.disk_usage(self._partial)
        kept_bytes = min(self._keep_free_bytes, KEEP_FREE_SHARE * disk.total)
        if disk.free < kept_bytes:
            raise ExportError(
                f"{self._partial} is on a disk with {disk.free >> 20} MiB left, and the last "
                f"{kept_bytes / (1 << 20):.0f} are kept for what goes on air. Free some and ask "
                f"again to go on, or export to another disk"
            )
