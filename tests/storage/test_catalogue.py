"""Revision 0005 comes to rows as the version before it wrote them: `rows_of_0004.json`.

They were written by its code: a chosen piece, a bridge that is played freely, and a pattern.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from generators import recipe
from generators.music import Piece
from storage import tables
from storage.database import Database
from storage.rows import from_row, notes_a_bar
from storage.search import FoundPiece, PieceFilter, find_pieces
from storage.walk import KINDS, Scope, walk
from storage.writing import store
from tests.pieces import make_piece, summaries
from tests.storage.broadcasts import BEGAN
from tests.storage.test_database import at_revision


def _read(value: Any) -> Any:
    return (
        base64.b64decode(value["base64"])
        if isinstance(value, dict) and "base64" in value
        else value
    )


ROWS = [
    {name: _read(value) for name, value in row.items()}
    | {"created": datetime.fromisoformat(row["created"])}
    for row in json.loads((Path(__file__).parent / "rows_of_0004.json").read_text())
]
PIECES = [from_row({**row, "composer": ""}) for row in ROWS]


@pytest.fixture
def old_url(bare_url: str) -> str:
    """Of a database of revision 0004, in which two pieces were on air, the first one twice."""
    with at_revision(bare_url, "0004") as connection:
        old = sa.MetaData()
        old.reflect(connection)
        for row in ROWS:  # without its nulls, which JSON would take for its own
            told = {name: value for name, value in row.items() if value is not None}
            connection.execute(old.tables["pieces"].insert().values(told))
        began = {"id": "b1", "station": "main", "started_at": BEGAN}
        connection.execute(old.tables["broadcasts"].insert(), began)
        connection.execute(
            old.tables["airings"].insert(),
            [
                {
                    "broadcast_id": "b1",
                    "position": number,
                    "station": "main",
                    "piece_id": ROWS[piece]["id"],
                    "aired_at": BEGAN + timedelta(minutes=number),
                    "replayed": number == 2,
                }
                for number, piece in enumerate((0, 1, 0))
            ],
        )
    return bare_url


def test_rows_of_before_are_read_as_they_were_written() -> None:
    assert [piece.id for piece in PIECES] == [row["id"] for row in ROWS]
    assert [recipe.identify(piece) for piece in PIECES] == [row["id"] for row in ROWS]
    assert PIECES[0].verdict is not None
    assert PIECES[0].verdict.rejected == {"scale": 20, "groove": 3}
    assert PIECES[1].leaving is not None
    assert PIECES[1].leaving.soundfont == "pianos"


def test_pieces_of_before_are_found(old_url: str) -> None:
    database = Database.open(old_url)
    page = find_pieces(database, PieceFilter())
    by_score = find_pieces(database, PieceFilter(score=(0.8, 0.9)))
    database.close()
    assert page.pieces == (
        _found(PIECES[1], BEGAN + timedelta(minutes=1)),
        _found(PIECES[0], BEGAN),
        _found(PIECES[2], None),
    )
    assert [each.piece for each in by_score.pieces] == summaries(PIECES[0])


def test_pieces_of_before_and_after_live_side_by_side(old_url: str) -> None:
    database = Database.open(old_url)
    new = make_piece(seed=99)
    with database.writing() as connection:
        store(connection, new)
        store(connection, PIECES[0])
    (page,) = walk(database, KINDS["piece"], Scope())
    database.close()
    walked = [record for record in page.records if isinstance(record, Piece)]
    assert sorted(walked, key=_id) == sorted([*PIECES, new], key=_id)


def test_a_piece_of_before_that_is_damaged_is_no_obstacle(old_url: str) -> None:
    engine = sa.create_engine(old_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        pieces = tables.pieces
        damage = sa.update(pieces).where(pieces.c.id == PIECES[0].id).values(score=b"?")
        connection.execute(damage)
    engine.dispose()
    database = Database.open(old_url)
    page = find_pieces(database, PieceFilter())
    database.close()
    assert [each.piece for each in page.pieces] == summaries(*PIECES[1:])


def _found(piece: Piece, aired_at: datetime | None) -> FoundPiece:
    score = piece.verdict.total if piece.verdict else None
    return FoundPiece(summaries(piece)[0], aired_at, notes_a_bar(piece), score)


def _id(piece: Piece) -> str:
    return piece.id
