"""What stands in the columns of a table that leaves the house: for a spreadsheet, or for Parquet.

They are for looking at and counting; nothing reads them back. The whole archive is in the lines
of `storage.exchange`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from generators.music import Instruments, Piece
from storage import tables
from storage.walk import KINDS, Kind

Sort = Literal["text", "integer", "number", "flag", "time", "ids", "notes", "bars", "latents"]

# Names that do not say their unit in the database, which has comments for it.
_SAID = {
    "position": "position_frames",
    "started_at": "started_at_utc",
    "aired_at": "aired_at_utc",
    "at": "at_utc",
    "hour": "hour_utc",
}
_SORTS: tuple[tuple[type[Any], Sort], ...] = (
    (tables.UtcDateTime, "time"),
    (sa.Boolean, "flag"),
    (sa.Integer, "integer"),
    (sa.Float, "number"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an exported table."""

    name: str  # with its unit
    sort: Sort
    of: Callable[[Any], Any]  # its value, of a record


def columns_of(kind: Kind) -> tuple[Column, ...]:
    return _PIECE if kind.record is Piece else _columns(kind)


def _columns(kind: Kind) -> tuple[Column, ...]:
    """A column a field, as the table has it."""
    return tuple(_column(kind.table.c[name]) for name in kind.record.__slots__)


def _column(column: sa.Column[Any]) -> Column:
    name, of = column.name, _field(column.name)
    sorts = (sort for kind, sort in _SORTS if isinstance(column.type, kind))
    sort: Sort = next(sorts, "text")
    if isinstance(column.type, sa.JSON):
        return Column(name, "text", lambda record: json.dumps(of(record), separators=(",", ":")))
    return Column(_SAID.get(name, name), sort, of)


def _field(name: str) -> Callable[[Any], Any]:
    return lambda record: getattr(record, name)


def _instruments(prefix: str, of: Callable[[Piece], Instruments | None]) -> tuple[Column, ...]:
    def column(name: str, sort: Sort) -> Column:
        return Column(prefix + name, sort, lambda piece: getattr(of(piece), name, None))

    numbers = tuple(column(name, "integer") for name in ("melody", "bass", "drum_kit"))
    return (*numbers, column("soundfont", "text"))


_PIECE = (
    Column("id", "text", lambda piece: piece.id),
    Column("title", "text", lambda piece: piece.title),
    Column("origin", "text", lambda piece: piece.origin),
    Column("created_utc", "time", lambda piece: piece.created),
    Column("show", "text", lambda piece: piece.show),
    Column("form", "text", lambda piece: piece.form),
    Column("key", "text", lambda piece: piece.key),
    Column("tempo_qpm", "number", lambda piece: piece.tempo_qpm),
    Column("tempo_end_qpm", "number", lambda piece: piece.tempo_end_qpm),
    Column("length_steps", "integer", lambda piece: piece.trio.steps),
    Column("length_seconds", "number", lambda piece: piece.seconds),
    Column("seed", "integer", lambda piece: piece.seed),
    Column("temperature", "number", lambda piece: piece.temperature),
    Column("model", "text", lambda piece: piece.model),
    Column("weights_sha256", "text", lambda piece: piece.weights_sha256),
    Column("parents", "ids", lambda piece: piece.parents),
    *_instruments("program_", lambda piece: piece.instruments),
    *_instruments("leaving_", lambda piece: piece.leaving),
    Column("humanize_percent", "integer", lambda piece: piece.humanize_percent),
    Column("groove_sha256", "text", lambda piece: piece.groove_sha256),
    Column("composer", "text", lambda piece: piece.composer),
    Column("score", "number", lambda piece: getattr(piece.verdict, "total", None)),
    Column("candidates", "integer", lambda piece: getattr(piece.verdict, "candidates", None)),
    Column("melody", "notes", lambda piece: piece.trio.melody),
    Column("bass", "notes", lambda piece: piece.trio.bass),
    Column("drums", "notes", lambda piece: piece.trio.drums),
    Column("bars", "bars", lambda piece: piece.bars),
    Column("latents", "latents", lambda piece: piece.latents),
)

TABLES = {name: columns_of(kind) for name, kind in KINDS.items()}
