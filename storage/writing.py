"""Records into tables, each at most once.

"Look, then insert" is plain SQL on every database; it is safe because a write transaction has
SQLite to itself, and elsewhere the primary key refuses the second.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
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
    Record,
    StationEvent,
)


def store(connection: sa.Connection, record: Record) -> None:
    """Put a record in its table, unless it is there; of an hour, what is told last stands."""
    match record:
        case Piece():
            _insert(connection, tables.pieces, rows.to_row(record))
        case AiredPiece():
            _store_airing(connection, record)
        case Broadcast():
            _insert(connection, tables.broadcasts, _values(record))
        case Join():
            _insert(connection, tables.joins, _values(record))
        case ListeningHour():
            _replace(connection, tables.listening_hours, _values(record))
        case StationEvent():
            event_id = hashlib.blake2b(wire.to_line(record), digest_size=10).hexdigest()
            _insert(connection, tables.events, {"id": event_id, **_values(record)})


def _store_airing(connection: sa.Connection, aired: AiredPiece) -> None:
    airing = aired.airing
    # The database may be new since the broadcast began; the position still says when that was.
    started_at = airing.aired_at - timedelta(seconds=airing.position / FRAMES_A_SECOND)
    store(connection, Broadcast(airing.broadcast_id, airing.station, started_at))
    store(connection, aired.piece)
    before = sa.select(tables.airings.c.piece_id).where(
        tables.airings.c.piece_id == airing.piece_id
    )
    replayed = connection.execute(before.limit(1)).first() is not None
    _insert(connection, tables.airings, {**_values(airing), "replayed": replayed})


def _insert(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> None:
    found = sa.select(sa.literal(1)).select_from(table).where(*_key(table, row))
    if connection.execute(found).first() is None:
        connection.execute(table.insert().values(row))


def _replace(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> None:
    connection.execute(table.delete().where(*_key(table, row)))
    connection.execute(table.insert().values(row))


def _key(table: sa.Table, row: dict[str, Any]) -> list[sa.ColumnElement[bool]]:
    return [column == row[column.name] for column in table.primary_key]


def _values(record: Airing | Broadcast | Join | ListeningHour | StationEvent) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
