"""Records into tables, each at most once.

"Look, then insert" is plain SQL on every database; it is safe because one transaction writes at a
time: see `Database.writing`.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from generators.music import Piece
from storage import rows, tables, wire
from storage.records import (
    FRAMES_A_SECOND,
    AiredPiece,
    Airing,
    Broadcast,
    Join,
    ListeningHour,
    Rating,
    Record,
    StationEvent,
)


def store(connection: sa.Connection, record: Record) -> bool:
    """Put a record in its table, unless it is there; of an hour, what was counted last stands.

    Returns:
        Whether the table was changed.
    """
    match record:
        case Piece():
            return _store_piece(connection, record)
        case AiredPiece():
            return _store_airing(connection, record)
        case Airing():
            _date(connection, record)
            return _insert(connection, tables.airings, _values(record))
        case Broadcast():
            return _insert(connection, tables.broadcasts, _values(record))
        case Join():
            return _insert(connection, tables.joins, _values(record))
        case ListeningHour():
            return _store_hour(connection, record)
        case Rating():
            return _insert(connection, tables.ratings, _values(record))
        case StationEvent():
            event_id = hashlib.blake2b(wire.to_line(record), digest_size=10).hexdigest()
            return _insert(connection, tables.events, {"id": event_id, **_values(record)})


def _store_piece(connection: sa.Connection, piece: Piece) -> bool:
    is_new = _insert(connection, tables.pieces, rows.to_row(piece))
    if is_new:
        connection.execute(tables.catalogue.insert().values(rows.to_entry(piece)))
    return is_new


def _date(connection: sa.Connection, airing: Airing) -> None:
    """Have its piece found by this airing, if it is the first."""
    entry = tables.catalogue.c
    is_first = sa.or_(entry.station.is_(None), entry.dated > airing.aired_at)
    query = tables.catalogue.update().where(entry.piece_id == airing.piece_id, is_first)
    connection.execute(query.values(station=airing.station, dated=airing.aired_at))


def _store_airing(connection: sa.Connection, aired: AiredPiece) -> bool:
    airing = aired.airing
    # The database may be new since the broadcast began; the position still says when that was.
    started_at = airing.aired_at - timedelta(seconds=airing.position / FRAMES_A_SECOND)
    store(connection, Broadcast(airing.broadcast_id, airing.station, started_at))
    store(connection, aired.piece)
    before = sa.select(tables.airings.c.piece_id).where(
        tables.airings.c.piece_id == airing.piece_id
    )
    replayed = connection.execute(before.limit(1)).first() is not None
    return store(connection, replace(airing, replayed=replayed))


def _store_hour(connection: sa.Connection, hour: ListeningHour) -> bool:
    table, row = tables.listening_hours, _values(hour)
    connection.execute(table.delete().where(*_key(table, row), table.c.at < hour.at))
    return _insert(connection, table, row)


def _insert(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Whether it was not there."""
    found = sa.select(sa.literal(1)).select_from(table).where(*_key(table, row))
    if connection.execute(found).first() is not None:
        return False
    connection.execute(table.insert().values(row))
    return True


def _key(table: sa.Table, row: dict[str, Any]) -> list[sa.ColumnElement[bool]]:
    return [column == row[column.name] for column in table.primary_key]


def _values(record: wire.Flat) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
