"""What the tables are asked. Each is one short view of the data, and none waits for the writer.

They take milliseconds of a thread: call them outside the event loop. All raise DatabaseError
when the database cannot be read. A list leaves out a damaged piece, with a line in the log: the
archive must always have something to play.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from generators.music import Origin, Piece, Summary
from storage import rows, tables
from storage.database import Database
from storage.errors import RecordError
from storage.records import AiredPiece, Airing, Join, ListeningHour, LoggedPiece, StationEvent

logger = logging.getLogger(__name__)

MOST_LOOKED = 5_000  # airings: what is replayed again and again stands in a hundred of them

_Made = TypeVar("_Made")
_JOIN = "join_"  # before the names of a join's columns, among those of its airing and piece
_AIRED = sa.select(tables.airings, tables.pieces).join(
    tables.pieces, tables.pieces.c.id == tables.airings.c.piece_id
)
_LOGGED = _AIRED.add_columns(
    *(column.label(_JOIN + column.name) for column in tables.joins.c)
).outerjoin(
    tables.joins,
    sa.and_(
        tables.joins.c.broadcast_id == tables.airings.c.broadcast_id,
        tables.joins.c.position == tables.airings.c.position,
    ),
)
_NEWEST_FIRST = (tables.airings.c.aired_at.desc(), tables.airings.c.position.desc())


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
    return {piece.id: piece for _, piece in readable(_rows_of(database, piece_ids))}


def summaries_of(database: Database, piece_ids: Collection[str]) -> dict[str, Summary]:
    """What lists show of some pieces, by their ids, without those that are not there."""
    return {piece.id: piece for _, piece in listable(_rows_of(database, piece_ids))}


def history(
    database: Database, station: str, before: datetime | None = None, limit: int = 20
) -> list[LoggedPiece]:
    """What was on air, newest first; only what began before a time, when one is given."""
    found = _all(database, _newest(_LOGGED, station, before, limit))
    return [LoggedPiece(_airing(row), piece, _join(row)) for row, piece in listable(found)]


def airings_before(
    database: Database, station: str, before: datetime | None = None, limit: int = 20
) -> list[AiredPiece]:
    """What `history` lists, with the notes."""
    return list(_aired(_all(database, _newest(_AIRED, station, before, limit))))


def last_airing(database: Database, station: str) -> AiredPiece | None:
    """Where the walk through latent space was."""
    return next(iter(airings_before(database, station, limit=1)), None)


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
    """Different pieces, the one that was on air last first: of the last MOST_LOOKED airings."""
    ids: list[str] = []
    with database.reading() as connection:
        for look in (4 * limit, max(4 * limit, MOST_LOOKED)):
            query = _recently_aired(station, look, origins)
            ids = list(dict.fromkeys(connection.execute(query).scalars()))[:limit]
            if len(ids) == limit:
                break
    pieces = pieces_of(database, ids)
    return [pieces[piece_id] for piece_id in ids if piece_id in pieces]


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


def readable(
    found: Iterable[Mapping[str, Any]], *, verify: bool = False
) -> Iterator[tuple[Mapping[str, Any], Piece]]:
    """Rows with the pieces in them; a damaged one is left out, with a line in the log.

    Args:
        verify: leave out those that were altered, too, which takes twice as long.
    """
    return _undamaged(found, partial(rows.from_row, verify=verify))


def listable(
    found: Iterable[Mapping[str, Any]],
) -> Iterator[tuple[Mapping[str, Any], Summary]]:
    """Rows with what lists show of the pieces in them; a damaged one is left out likewise."""
    return _undamaged(found, rows.summary_of)


def _undamaged(
    found: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], _Made]
) -> Iterator[tuple[Mapping[str, Any], _Made]]:
    for row in found:
        try:
            made = read(row)
        except RecordError as error:
            logger.warning("left out of a list: %s", error)
        else:
            yield row, made


def _all(database: Database, query: sa.Executable) -> list[Mapping[str, Any]]:
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _rows_of(database: Database, piece_ids: Collection[str]) -> list[Mapping[str, Any]]:
    return _all(database, sa.select(tables.pieces).where(tables.pieces.c.id.in_(piece_ids)))


def _newest(
    airings: sa.Select[Any], station: str, before: datetime | None, limit: int
) -> sa.Select[Any]:
    query = airings.where(tables.airings.c.station == station)
    if before is not None:
        query = query.where(tables.airings.c.aired_at < before)
    return query.order_by(*_NEWEST_FIRST).limit(limit)


def _recently_aired(station: str, look: int, origins: Collection[Origin]) -> sa.Select[Any]:
    """Ids of pieces on air, newest first, of the last so many airings; some more than once."""
    airing = tables.airings.c
    last = sa.select(airing.piece_id, airing.aired_at, airing.position)
    seen = last.where(airing.station == station).order_by(*_NEWEST_FIRST).limit(look).subquery()
    query = sa.select(seen.c.piece_id).join(tables.pieces, tables.pieces.c.id == seen.c.piece_id)
    query = query.where(tables.pieces.c.origin.in_(origins))
    return query.order_by(seen.c.aired_at.desc(), seen.c.position.desc())


def _aired(found: Iterable[Mapping[str, Any]]) -> Iterator[AiredPiece]:
    for row, piece in readable(found):
        yield AiredPiece(_airing(row), piece)


def _airing(row: Mapping[str, Any]) -> Airing:
    return Airing(**{name: row[name] for name in Airing.__slots__})


def _join(row: Mapping[str, Any]) -> Join | None:
    if row[_JOIN + "position"] is None:
        return None
    return Join(**{name: row[_JOIN + name] for name in Join.__slots__})
