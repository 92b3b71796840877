"""The archive as CSV: a file a table, as RFC 4180 has it, for spreadsheets and data frames.

UTF-8, commas, CRLF, a line of headers with the units. Times are ISO 8601 in UTC. What is no single
value stands in one field, its items set apart by a space:

    notes    `start+length:pitch:velocity`, in steps, and `:offset` in ticks where there is one
    bars     `start>end@t:place`, which latents a bar lies between, how far along, and its place;
             what else a bar has is in the JSON lines
    latents  base64 of little-endian float32, a word a latent
    parents  ids
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from generators import recipe
from generators.music import Bar, Note
from storage.columns import TABLES, Sort
from storage.walk import KINDS, Kept, Kind


def _note(note: Note) -> str:
    text = f"{note.start}+{note.end - note.start}:{note.pitch}:{note.velocity}"
    return f"{text}:{note.offset_ticks}" if note.offset_ticks else text


def _bar(bar: Bar) -> str:
    return f"{bar.start}>{bar.end}@{bar.t:g}:{bar.place}"


def _time(time: datetime) -> str:
    # Always with its fraction: some readers take the first row for how all are written.
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _latents(latents: np.ndarray) -> str:
    return " ".join(recipe.latents_to_text(latents))


_TEXT: Mapping[Sort, Callable[[Any], Any]] = {
    "flag": int,
    "time": _time,
    "ids": " ".join,
    "notes": lambda notes: " ".join(map(_note, notes)),
    "bars": lambda bars: " ".join(map(_bar, bars)),
    "latents": _latents,
}


class CsvWriter:
    """Writes a folder of CSV files."""

    def __init__(self, folder: Path, came_to: Mapping[str, Any]) -> None:
        self._folder = folder
        self._sizes: dict[str, int] = dict(came_to.get("bytes", {}))
        for kind in KINDS.values():
            if kind.name not in self._sizes:
                names = [column.name for column in TABLES[kind.name]]
                self._append(kind, [names])

    def write(self, kind: Kind, records: Sequence[Kept]) -> None:
        columns = TABLES[kind.name]
        self._append(kind, [[_field(c.sort, c.of(record)) for c in columns] for record in records])

    def end(self, kind: Kind) -> None:
        pass

    def safe(self) -> dict[str, Any]:
        return {"bytes": self._sizes}

    def finish(self, counts: Mapping[str, int]) -> None:
        pass

    def close(self) -> None:
        pass

    def _append(self, kind: Kind, table: list[list[Any]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(table)
        data, size = text.getvalue().encode(), self._sizes.get(kind.name, 0)
        path = self._folder / f"{kind.plural}.csv"
        with path.open("r+b" if size else "wb") as file:
            file.truncate(size)  # without what was written and never came to be known as safe
            file.seek(size)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self._sizes[kind.name] = size + len(data)


def _field(sort: Sort, value: Any) -> Any:
    if value is None:
        return ""
    return _TEXT[sort](value) if sort in _TEXT else value
