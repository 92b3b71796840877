"""What the tables are asked. Each is one short view of the data, and none waits for the writer.

They take milliseconds of a thread: call them outside the event loop. All raise DatabaseError
when the database cannot be read. A list leaves out a damaged piece, with a line in the log: the
archive must always have something to play.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from generators.music import Origin, Piece
from storage import rows, tables
from storage.database import Database
from storage.errors import RecordError
from storage.records import AiredPiece, Airing, Join, ListeningHour, StationEvent

logger = logging.getLogger(__name__)

_JOIN = "join_"  # before the names of a join's columns, among those of its airing and piece
_AIRED = (
    sa.select(
        tables.airings,
        tables.pieces,
        *(column.label(_JOIN + column.name) for column in tables.joins.c),
    )
    .join(tables.pieces, tables.pieces.c.id == tables.airings.c.piece_id)
    .outerjoin(
        tables.joins,
        sa.and_(
            tables.joins.c.broadcast_id == tables.airings.c.broadcast_id,
            tables.joins.c.position == tables.airings.c.position,
        ),
    )
)
_NEWEST_FIRST = (tables.airings.c.aired_at.desc(), tables.airings.c.position.desc())


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows there are."""

    pieces: int
    airings: int
    replays: int  # of the airings
    broadcasts: int


def piece(database: Database, piece_id: str) -> Piece | None:
    """
    Raises:
        RecordError: its row is damaged.
    """
    query = sa.select(tables.pieces).where(tables.pieces.c.id == piece_id)
    found = _all(database, query)
    return rows.from_row(found[0]) if found else None


def pieces_of(database: Database, piece_ids: Collection[str]) -> dict[str, Piece]:
    """Some pieces by their ids, without those that are not there."""
    query = sa.select(tables.pieces).where(tables.pieces.c.id.in_(piece_ids))
    return {piece.id: piece for _, piece in readable(_all(database, query))}


def history(
    database: Database, station: str, before: datetime | None = None, limit: int = 20
) -> list[AiredPiece]:
    """What was on air, newest first; only what began before a time, when one is given."""
    query = _AIRED.where(tables.airings.c.station == station)
    if before is not None:
        query = query.where(tables.airings.c.aired_at < before)
    return list(_aired(_all(database, query.order_by(*_NEWEST_FIRST).limit(limit))))


def last_airing(database: Database, station: str) -> AiredPiece | None:
    """Where the walk through latent space was."""
    return next(iter(history(database, station, limit=1)), None)


def airings_from(
    database: Database, station: str, utc: datetime, limit: int = 20
) -> list[AiredPiece]:
    """What began at a time and after it, oldest first."""
    query = _AIRED.where(tables.airings.c.station == station, tables.airings.c.aired_at >= utc)
    oldest_first = (tables.airings.c.aired_at, tables.airings.c.position)
    return list(_aired(_all(database, query.order_by(*oldest_first).limit(limit))))


def recent_pieces(
    database: Database,
    station: str,
    limit: int,
    origins: Collection[Origin] = ("sampled", "bridge"),
) -> list[Piece]:
    """Different pieces, the one that was on air last first."""
    later = tables.airings.alias("later")
    aired_again = sa.exists().where(
        later.c.piece_id == tables.airings.c.piece_id,
        later.c.station == station,
        sa.tuple_(later.c.aired_at, later.c.broadcast_id, later.c.position)
        > sa.tuple_(
            tables.airings.c.aired_at,
            tables.airings.c.broadcast_id,
            tables.airings.c.position,
        ),
    )
    query = _AIRED.where(
        tables.airings.c.station == station,
        tables.pieces.c.origin.in_(origins),
        ~aired_again,
    )
    found = _all(database, query.order_by(*_NEWEST_FIRST).limit(limit))
    return [aired.piece for aired in _aired(found)]


def airings(database: Database, broadcast_id: str) -> list[Airing]:
    """All of a broadcast, in order."""
    query = sa.select(tables.airings).where(tables.airings.c.broadcast_id == broadcast_id)
    found = _all(database, query.order_by(tables.airings.c.position))
    return [_airing(row) for row in found]


def airings_of(database: Database, piece_id: str, limit: int = 20) -> list[Airing]:
    """When a piece was on air, on any station, newest first."""
    query = sa.select(tables.airings).where(tables.airings.c.piece_id == piece_id)
    found = _all(database, query.order_by(*_NEWEST_FIRST).limit(limit))
    return [_airing(row) for row in found]


def first_airing(database: Database, piece_id: str) -> Airing | None:
    """When a piece was on air for the first time, on any station."""
    table = tables.airings
    query = sa.select(table).where(table.c.piece_id == piece_id)
    found = _all(database, query.order_by(table.c.aired_at, table.c.position).limit(1))
    return _airing(found[0]) if found else None


def joins(
    database: Database, station: str, broadcast_id: str | None = None, limit: int = 200
) -> list[Join]:
    """How good the last joins were, the newest of the newest broadcast first."""
    table, began = tables.joins, tables.broadcasts.c.started_at
    query = sa.select(table).outerjoin(
        tables.broadcasts, tables.broadcasts.c.id == table.c.broadcast_id
    )
    query = query.where(table.c.station == station)
    if broadcast_id is not None:
        query = query.where(table.c.broadcast_id == broadcast_id)
    query = query.order_by(began.desc(), table.c.position.desc()).limit(limit)
    return [Join(**row) for row in _all(database, query)]


def listening_hours(
    database: Database, station: str, since: datetime, until: datetime
) -> list[ListeningHour]:
    """Hours that began at `since` or later and before `until`, oldest first.

    After a restart within the hour there are two for a mount, the later one behind.
    """
    table = tables.listening_hours
    query = sa.select(table).where(
        table.c.station == station, table.c.hour >= since, table.c.hour < until
    )
    found = _all(database, query.order_by(table.c.hour, table.c.mount, table.c.at))
    return [ListeningHour(**row) for row in found]


def events(database: Database, station: str, limit: int) -> list[StationEvent]:
    """Newest first."""
    table = tables.events
    query = sa.select(table.c.station, table.c.at, table.c.kind, table.c.detail)
    query = query.where(table.c.station == station).order_by(table.c.at.desc()).limit(limit)
    return [StationEvent(**row) for row in _all(database, query)]


def events_between(
    database: Database, station: str, since: datetime, until: datetime
) -> list[StationEvent]:
    """Those of `since` or later and before `until`, oldest first."""
    table = tables.events
    query = sa.select(table.c.station, table.c.at, table.c.kind, table.c.detail)
    query = query.where(table.c.station == station, table.c.at >= since, table.c.at < until)
    return [StationEvent(**row) for row in _all(database, query.order_by(table.c.at))]


def counts(database: Database) -> Counts:
    def rows_in(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count()).select_from(table).where(*conditions).scalar_subquery()

    query = sa.select(
        rows_in(tables.pieces).label("pieces"),
        rows_in(tables.airings).label("airings"),
        rows_in(tables.airings, tables.airings.c.replayed).label("replays"),
        rows_in(tables.broadcasts).label("broadcasts"),
    )
    return Counts(**_all(database, query)[0])


def readable(
    found: Iterable[Mapping[str, Any]], *, verify: bool = False
) -> Iterator[tuple[Mapping[str, Any], Piece]]:
    """Rows with the pieces in them; a damaged one is left out, with a line in the log.

    Args:
        verify: leave out those that were altered, too: a page has no time for it.
    """
    for row in found:
        try:
            yield row, rows.from_row(row, verify=verify)
        except RecordError as error:
            logger.warning("left out of a list: %s", error)


def _all(database: Database, query: sa.Executable) -> list[Mapping[str, Any]]:
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _aired(found: Iterable[Mapping[str, Any]]) -> Iterator[AiredPiece]:
    for row, piece in readable(found):
        yield AiredPiece(_airing(row), piece, _join(row))


def _airing(row: Mapping[str, Any]) -> Airing:
    return Airing(**{name: row[name] for name in Airing.__slots__})


def _join(row: Mapping[str, Any]) -> Join | None:
    if row[_JOIN + "position"] is None:
        return None
    return Join(**{name: row[_JOIN + name] for name in Join.__slots__})
