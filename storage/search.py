"""Pieces by what they are: by time, show, key, tempo and so on, a page at a time.

One condition is met by an index, and the others by looking at what that gives, newest first, in
the narrow rows of the catalogue. A page looks at so many of them and no more: it takes
milliseconds, however rare what is wanted, and however old the archive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from generators.music import Origin, Summary
from storage import tables
from storage.cursors import cursor_at, place_of
from storage.database import Database
from storage.queries import listable

# Rows a page looks at: few, which mostly is enough; if it is not, more, and at last the most it
# may. Those that another index than that of time leads to are fetched one by one, and take longer.
LOOKS = (1_000, 7_000)
MOST_BY_TIME = 40_000
MOST_BY_INDEX = 4_000
INDEXED = ("key", "show", "model", "station", "origin")  # what narrows most is first
RANGES = ("tempo_qpm", "density", "score")

_entry = tables.catalogue.c
_NEWEST_FIRST = (_entry.dated.desc(), _entry.piece_id.desc())


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceFilter:
    """What is wanted of a piece; None where it does not matter. Ranges include both ends."""

    station: str | None = None  # where it was on air first
    show: str | None = None
    key: str | None = None  # "A minor"
    origin: Origin | None = None
    model: str | None = None
    aired_from: datetime | None = None  # first on air at this time or later
    aired_until: datetime | None = None  # ... and before this one
    tempo_qpm: tuple[float, float] | None = None  # quarter notes a minute, at its first step
    density: tuple[float, float] | None = None  # notes a bar, of all parts
    score: tuple[float, float] | None = None  # Verdict.total, 0..1

    def __post_init__(self) -> None:
        for name in ("aired_from", "aired_until"):
            time: datetime | None = getattr(self, name)
            if time is not None and time.tzinfo is None:
                raise ValueError(f"{name} needs a zone: {time.isoformat()}")
        for name in RANGES:
            span: tuple[float, float] | None = getattr(self, name)
            if span is not None and not (all(map(math.isfinite, span)) and span[0] <= span[1]):
                raise ValueError(f"{name} is from a number to one not below it, not {span}")


@dataclass(frozen=True, slots=True)
class FoundPiece:
    piece: Summary
    aired_at: datetime | None  # for the first time, UTC; None where it never was on air
    density: float  # notes a bar, of all parts
    score: float | None  # of the critic, 0..1; None where nothing was chosen


@dataclass(frozen=True, slots=True)
class PiecePage:
    """Some of the pieces that were wanted, newest first.

    It may be short, even empty, and still have a cursor: then it looked at as much as a page may,
    and the rest is behind the cursor.
    """

    pieces: tuple[FoundPiece, ...]
    cursor: str | None  # where to go on; None at the end


def find_pieces(
    database: Database, wanted: PieceFilter, *, cursor: str | None = None, limit: int = 20
) -> PiecePage:
    """The next of them, by when they were on air first (or made, where they never were).

    Raises:
        ValueError: nobody gave out this cursor.
        DatabaseError: it cannot be read.
    """
    first = next((name for name in INDEXED if getattr(wanted, name) is not None), None)
    narrowed = _narrowed(wanted, first, cursor)
    most = MOST_BY_TIME if first is None else MOST_BY_INDEX
    with database.reading() as connection:
        for look in (limit + 1, *(look for look in LOOKS if look < most), most):
            found = _found(connection, narrowed.limit(look), wanted, limit + 1)
            if len(found) > limit:
                found = found[:limit]
                end: sa.RowMapping | None = found[-1]
                break
            last_seen = connection.execute(narrowed.limit(1).offset(look - 1))
            end = last_seen.mappings().first()
            if end is None:  # it has seen them all
                break
        pieces = sa.select(tables.pieces)
        pieces = pieces.where(tables.pieces.c.id.in_([entry["piece_id"] for entry in found]))
        rows = [dict(row) for row in connection.execute(pieces).mappings()]
    by_id = {piece.id: piece for _, piece in listable(rows)}
    return PiecePage(
        tuple(
            _of(entry, by_id[entry["piece_id"]]) for entry in found if entry["piece_id"] in by_id
        ),
        None if end is None else cursor_at(end["dated"], end["piece_id"]),
    )


def _of(entry: sa.RowMapping, piece: Summary) -> FoundPiece:
    aired_at = entry["dated"] if entry["station"] else None
    return FoundPiece(piece, aired_at, entry["density"], entry["score"])


def _narrowed(wanted: PieceFilter, first: str | None, cursor: str | None) -> sa.Select[Any]:
    """What an index gives by itself: of the first condition, within the time, newest first."""
    query = sa.select(tables.catalogue).order_by(*_NEWEST_FIRST)
    if first is not None:
        query = query.where(_entry[first] == getattr(wanted, first))
    if wanted.aired_from is not None:
        query = query.where(_entry.dated >= wanted.aired_from)
    if wanted.aired_until is not None:
        query = query.where(_entry.dated < wanted.aired_until)
    if cursor is not None:
        query = query.where(sa.tuple_(_entry.dated, _entry.piece_id) < place_of(cursor))
    return query


def _found(
    connection: sa.Connection, narrowed: sa.Select[Any], wanted: PieceFilter, limit: int
) -> Sequence[sa.RowMapping]:
    """Those that meet every condition, of so many rows of the catalogue."""
    seen = narrowed.subquery()
    query = sa.select(seen).order_by(seen.c.dated.desc(), seen.c.piece_id.desc()).limit(limit)
    for name in INDEXED:
        if (value := getattr(wanted, name)) is not None:
            query = query.where(seen.c[name] == value)
    for name in RANGES:
        if (span := getattr(wanted, name)) is not None:
            query = query.where(seen.c[name].between(*span))
    if wanted.aired_from is not None or wanted.aired_until is not None:
        query = query.where(seen.c.station.is_not(None))  # else that is when it was made
    return connection.execute(query).mappings().all()
