"""A small archive to test with: two stations, a replay, a piece that nobody heard."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from storage.database import Database
from storage.export import FORMATS, Export
from storage.records import AiredPiece, Broadcast, Rating, Record, StationEvent
from storage.walk import KINDS, Kept, Scope, count, walk
from storage.writing import store
from tests.pieces import make_piece
from tests.storage.broadcasts import BEGAN, airing_of, hour_of, join_at

UNHEARD = make_piece(seed=200, bars=2, z_size=4)
PIECES = 8  # on air at "main", half a minute each, and one of them again


def records() -> list[Record]:
    heard = [make_piece(seed=seed, bars=2, z_size=4) for seed in range(PIECES)]
    there = make_piece(seed=100, bars=2, z_size=4)
    return [
        Broadcast("b1", "main", BEGAN),
        *(AiredPiece(airing_of(piece, number), piece) for number, piece in enumerate(heard)),
        AiredPiece(airing_of(heard[0], PIECES), heard[0]),
        AiredPiece(airing_of(there, 3, station="loft", broadcast="b2"), there),
        UNHEARD,
        join_at(1),
        join_at(3, station="loft", broadcast="b2"),
        hour_of(),
        StationEvent("main", BEGAN + timedelta(seconds=5), "skip", {"by": "operator"}),
        Rating("0" * 19 + "1", heard[2].id, BEGAN, 1, 0),
    ]


def keep(database: Database, kept: Iterable[Record]) -> None:
    with database.writing() as connection:
        for record in kept:
            store(connection, record)


def held(database: Database, kind: str) -> list[Kept]:
    """All records of a kind."""
    return [record for page in walk(database, KINDS[kind], Scope()) for record in page.records]


def counts(database: Database) -> dict[str, int]:
    """How many records it holds, by kind."""
    return {name: count(database, kind, Scope()) for name, kind in KINDS.items()}


def export_to(
    database: Database, place: Path, format: str = "jsonl", scope: Scope | None = None
) -> Export:
    """In pages so small that there are some of each table."""
    return Export(database, FORMATS[format], scope or Scope(), place, page_rows=3)


def exported(
    database: Database, place: Path, format: str = "jsonl", scope: Scope | None = None
) -> Path:
    """All of a database, or a part, in files."""
    export = export_to(database, place, format, scope)
    export.run()
    assert not export.damaged
    return place
