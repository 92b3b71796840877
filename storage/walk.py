"""All of the archive, or a part of it, in a steady order: what every export is made from.

Each table is walked by keys, a page a view, so no view is long and memory does not grow; what
comes in meanwhile may be seen or not. The kinds stand in the order of a walk: what refers to
something comes before it, so that whatever an airing names is still ahead of the walk, and is
found, though the station is on air.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from generators.music import Piece
from storage import rows, tables
from storage.database import Database
from storage.errors import RecordError
from storage.records import Airing, Broadcast, Join, ListeningHour, Rating, StationEvent

PAGE_ROWS = 500

Cursor = Sequence[str | int]  # the key of the row that was taken last, as JSON can hold it
Kept = Rating | StationEvent | ListeningHour | Join | Airing | Broadcast | Piece


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of the archive. What is left out does not matter."""

    station: str | None = None
    since: datetime | None = None  # UTC, inclusive; of airings, and of what happened by itself
    until: datetime | None = None  # UTC, exclusive

    def __post_init__(self) -> None:
        if self.since and self.until and self.until <= self.since:
            raise ValueError(
                f"nothing is from {self.since.isoformat()} to {self.until.isoformat()}: "
                "the end must come later"
            )

    @property
    def is_all(self) -> bool:
        return self == Scope()

    def said(self) -> dict[str, str | None]:
        """As JSON can hold it."""
        times = {"from": self.since, "to": self.until}
        return {
            "station": self.station,
            **{name: time.isoformat() if time else None for name, time in times.items()},
        }

    def of(self, table: sa.Table, time: str) -> list[sa.ColumnElement[bool]]:
        """That a row of a table with a station and a time is in the scope."""
        conditions = []
        if self.station is not None:
            conditions.append(table.c.station == self.station)
        if self.since is not None:
            conditions.append(table.c[time] >= self.since)
        if self.until is not None:
            conditions.append(table.c[time] < self.until)
        return conditions

    def aired(self, *same: sa.ColumnElement[bool]) -> list[sa.ColumnElement[bool]]:
        """That an airing in the scope is the same; the whole archive has what never aired, too."""
        if self.is_all:
            return []
        inside = self.of(tables.airings, "aired_at")
        return [sa.exists().select_from(tables.airings).where(*same, *inside)]


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of record, and its table."""

    name: str
    plural: str
    table: sa.Table
    order: tuple[str, ...]  # columns that no two rows share, in the order of an index
    inside: Callable[[Scope], list[sa.ColumnElement[bool]]]
    record: type[Kept]

    def read(self, row: Mapping[str, Any]) -> Kept:
        """
        Raises:
            RecordError: the row is damaged.
        """
        if self.record is Piece:
            return rows.from_row(row)
        try:
            return self.record(**{field.name: row[field.name] for field in fields(self.record)})
        except (ValueError, TypeError) as error:
            raise RecordError(f"a row of {self.plural} is damaged: {error}") from error

    def cursor(self, row: Mapping[str, Any]) -> Cursor:
        values = (row[name] for name in self.order)
        return [value.isoformat() if isinstance(value, datetime) else value for value in values]

    def _after(self, cursor: Cursor) -> sa.ColumnElement[bool]:
        columns = [self.table.c[name] for name in self.order]
        values = [
            datetime.fromisoformat(str(value))
            if isinstance(column.type, tables.UtcDateTime)
            else value
            for column, value in zip(columns, cursor, strict=True)
        ]
        return sa.tuple_(*columns) > sa.tuple_(
            *(sa.literal(value, column.type) for column, value in zip(columns, values, strict=True))
        )


_airing = tables.airings.c
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "rating",
            "ratings",
            tables.ratings,
            ("id",),
            lambda scope: scope.aired(_airing.piece_id == tables.ratings.c.piece_id),
            Rating,
        ),
        Kind(
            "event",
            "events",
            tables.events,
            ("station", "at", "id"),
            lambda scope: scope.of(tables.events, "at"),
            StationEvent,
        ),
        Kind(
            "listening",
            "listening_hours",
            tables.listening_hours,
            ("station", "hour", "broadcast_id", "mount"),
            lambda scope: scope.of(tables.listening_hours, "hour"),
            ListeningHour,
        ),
        Kind(
            "join",
            "joins",
            tables.joins,
            ("broadcast_id", "position"),
            lambda scope: scope.aired(
                _airing.broadcast_id == tables.joins.c.broadcast_id,
                _airing.position == tables.joins.c.position,
            ),
            Join,
        ),
        Kind(
            "airing",
            "airings",
            tables.airings,
            ("station", "aired_at", "broadcast_id", "position"),
            lambda scope: scope.of(tables.airings, "aired_at"),
            Airing,
        ),
        Kind(
            "broadcast",
            "broadcasts",
            tables.broadcasts,
            ("id",),
            lambda scope: scope.aired(_airing.broadcast_id == tables.broadcasts.c.id),
            Broadcast,
        ),
        Kind(
            "piece",
            "pieces",
            tables.pieces,
            ("created", "id"),
            lambda scope: scope.aired(_airing.piece_id == tables.pieces.c.id),
            Piece,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a walk, and where it goes on."""

    records: tuple[Kept, ...]
    damaged: tuple[str, ...]  # rows that were left out, and why
    cursor: Cursor  # after the last of its rows

    @property
    def rows(self) -> int:
        return len(self.records) + len(self.damaged)


def walk(
    database: Database,
    kind: Kind,
    scope: Scope,
    after: Cursor | None = None,
    page_rows: int = PAGE_ROWS,
) -> Iterator[Page]:
    """All of a kind, from the one after a cursor on.

    Raises:
        DatabaseError: it cannot be read.
    """
    while True:
        query = page_query(kind, scope, after, page_rows)
        with database.reading() as connection:
            found = [dict(row) for row in connection.execute(query).mappings()]
        if not found:
            return
        after = kind.cursor(found[-1])
        yield _page(kind, found, after)
        if len(found) < page_rows:
            return


def page_query(kind: Kind, scope: Scope, after: Cursor | None, page_rows: int) -> sa.Select[Any]:
    order = [kind.table.c[name] for name in kind.order]
    query = sa.select(kind.table).where(*kind.inside(scope)).order_by(*order).limit(page_rows)
    return query if after is None else query.where(kind._after(after))


def count(database: Database, kind: Kind, scope: Scope) -> int:
    """How many rows a walk will see, if none comes in."""
    query = sa.select(sa.func.count()).select_from(kind.table).where(*kind.inside(scope))
    with database.reading() as connection:
        return int(connection.execute(query).scalar_one())


def _page(kind: Kind, found: list[dict[str, Any]], cursor: Cursor) -> Page:
    records, damaged = [], []
    for row in found:
        try:
            records.append(kind.read(row))
        except RecordError as error:
            damaged.append(str(error))
    return Page(tuple(records), tuple(damaged), cursor)
