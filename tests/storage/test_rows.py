from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from generators.music import Piece, Verdict
from storage import queries, tables, wire
from storage.database import Database
from storage.errors import RecordError
from storage.records import AiredPiece, Broadcast, Record, StationEvent
from storage.rows import from_row, to_row
from storage.writing import store
from tests.pieces import make_piece, pieces
from tests.storage.broadcasts import BEGAN, airing_of, hour_of, join_at

VERDICT = Verdict(0.875, {"filled": 1.0, "scale": 0.75}, 24, {"scale": 20, "groove": 3})


@given(pieces())
def test_a_piece_comes_back_from_its_row(piece: Piece) -> None:
    back = from_row(to_row(piece))
    assert back == piece
    assert back.latents.tobytes() == piece.latents.tobytes()
    assert back.verdict == piece.verdict


@given(pieces())
def test_a_piece_comes_back_from_its_line(piece: Piece) -> None:
    back = wire.from_line(wire.to_line(piece))
    assert back == piece
    assert isinstance(back, Piece)
    assert back.verdict == piece.verdict


def test_a_line_from_before_there_were_verdicts_is_read() -> None:
    line = wire.to_line(make_piece())
    assert b"verdict" not in line
    assert wire.from_line(line) == make_piece()


@pytest.mark.parametrize("verdict", [None, VERDICT])
def test_a_verdict_comes_back_from_the_database(
    database: Database, verdict: Verdict | None
) -> None:
    with database.writing() as connection:
        store(connection, dataclasses.replace(make_piece(), verdict=verdict))
        row = connection.execute(sa.text("SELECT verdict_total, candidates FROM pieces")).one()
    found = queries.piece(database, make_piece().id)
    assert found is not None
    assert found.verdict == verdict
    assert tuple(row) == ((0.875, 24) if verdict else (None, None))


@pytest.mark.parametrize("seed", [1, 2**63 - 1])
def test_a_piece_comes_back_from_the_database(database: Database, seed: int) -> None:
    made = make_piece(seed=seed)
    with database.writing() as connection:
        store(connection, made)
    found = queries.piece(database, made.id)
    assert found == made
    assert found is not None
    assert np.array_equal(found.latents, made.latents)


@pytest.mark.parametrize(
    "record",
    [
        AiredPiece(airing_of(make_piece(), 1), make_piece()),
        Broadcast("b1", "main", BEGAN),
        join_at(1),
        hour_of(),
        StationEvent("main", BEGAN, "skip", {"by": "operator\n"}),
    ],
    ids=lambda record: type(record).__name__,
)
def test_a_record_comes_back_from_its_line(record: Record) -> None:
    line = wire.to_line(record)
    assert line.count(b"\n") == 1
    assert wire.from_line(line) == record


@given(st.binary(max_size=40) | st.sampled_from([b"7", b"[]", b"null", b'{"record":[]}', b'"x"']))
def test_a_line_that_is_no_record_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whatever the parser says
        wire.from_line(line)


def test_an_altered_row_is_refused() -> None:
    row = to_row(make_piece())
    with pytest.raises(RecordError, match="was altered"):
        from_row({**row, "seed": 99})


def test_a_damaged_score_is_refused() -> None:
    row = to_row(make_piece())
    with pytest.raises(RecordError, match="damaged"):
        from_row({**row, "score": row["score"][:-9]})


def test_a_piece_of_16_bars_takes_less_than_3_kb() -> None:
    piece = make_piece(bars=16, latents=3, z_size=128)
    row = to_row(dataclasses.replace(piece, verdict=VERDICT))
    assert sum(len(v) if isinstance(v, bytes | str) else len(str(v)) for v in row.values()) < 3_000


def test_a_row_names_every_field_of_a_piece() -> None:
    held_in_score_or_steps = {"trio", "bars"}
    fields = {field.name for field in dataclasses.fields(Piece)}
    assert fields - held_in_score_or_steps <= set(tables.pieces.c.keys())
