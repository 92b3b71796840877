from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from generators.music import Bar, Note, Piece, Trio, Verdict
from generators.recipe import identified
from generators.walk import rounded
from storage import queries, tables, wire
from storage.database import Database
from storage.errors import RecordError
from storage.packing import unpack
from storage.records import AiredPiece, Broadcast, Record, StationEvent
from storage.rows import from_row, summary_of, to_row
from storage.writing import store
from tests.pieces import make_piece, pieces, summaries
from tests.storage.broadcasts import BEGAN, airing_of, hour_of, join_at

VERDICT = Verdict(0.875, {"filled": 1.0, "scale": 0.75}, 24, {"scale": 20, "groove": 3})


@given(pieces())
def test_a_piece_comes_back_from_its_row(piece: Piece) -> None:
    back = from_row(to_row(piece))
    assert back == piece
    assert back.latents.tobytes() == piece.latents.tobytes()
    assert back.verdict == piece.verdict
    assert [summary_of(to_row(piece))] == summaries(piece)
    assert summary_of(to_row(piece)).seconds == piece.seconds


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


@pytest.mark.parametrize("cut", [1, 9, 300])
def test_a_damaged_score_is_refused(cut: int) -> None:
    row = to_row(make_piece())
    with pytest.raises(RecordError, match="damaged"):
        from_row({**row, "score": row["score"][:-cut]})
    with pytest.raises(RecordError, match="damaged"):
        summary_of({**row, "score": row["score"][:-cut]})


@given(st.binary(max_size=60), st.sampled_from([b"", b"\x01", b"\x78\xda", b"\x7f"]))
def test_whatever_stands_in_a_row_is_a_piece_or_an_error(data: bytes, beginning: bytes) -> None:
    with pytest.raises(RecordError):
        from_row({**to_row(make_piece()), "score": beginning + data})


def test_a_row_of_a_later_version_says_so() -> None:
    row = to_row(make_piece())
    with pytest.raises(RecordError, match="packing is of version 02; upgrade Latent FM"):
        from_row({**row, "score": b"\x02" + row["score"][1:]})


def test_version_1_is_read_for_ever() -> None:
    """Written once, by the code of its day: the dictionary can never change."""
    written = (
        "0178f9fd6a76c973636060a8c6158fa6480a41f9d2109c7b8d4c811438234331a87c88ad65029ac4"
        "c8f41f4cb13081299b7a30151500a6fe32e0048c308291114caa80c900b03000e9941a2e"
    )
    trio, bars, details = unpack(bytes.fromhex(written), 16)
    assert trio == Trio((Note(2, 6, 60, 90, -3), Note(1, 3, 127)), (), (Note(0, 1, 36),), 16)
    assert bars == (Bar(0, 1, 0.25, 3, rests="d"),)
    assert details == {"instruments": {"melody": 5}}


def test_latents_on_the_grid_take_a_byte_each() -> None:
    piece = make_piece()
    on_grid = identified(dataclasses.replace(piece, latents=rounded(piece.latents)))
    assert len(to_row(on_grid)["latents"]) == piece.latents.size
    assert from_row(to_row(on_grid)).latents.tobytes() == on_grid.latents.tobytes()


@pytest.mark.parametrize("number", [3.96875, 4.0, -4.0, 1000.0, -0.0, 1e-20, 1e30, 0.1])
def test_latents_come_back_to_the_last_bit(number: float) -> None:
    piece = make_piece()
    piece = identified(dataclasses.replace(piece, latents=np.full((1, 2), number, np.float32)))
    assert from_row(to_row(piece)).latents.tobytes() == piece.latents.tobytes()


def test_a_piece_of_16_bars_takes_less_than_1200_bytes() -> None:
    piece = make_piece(bars=16, latents=3, z_size=128)
    row = to_row(dataclasses.replace(piece, latents=rounded(piece.latents), verdict=VERDICT))
    assert sum(len(v) if isinstance(v, bytes | str) else len(str(v)) for v in row.values()) < 1_200


def test_a_row_names_every_field_of_a_piece() -> None:
    held_in_score_or_steps = {"trio", "bars"}
    fields = {field.name for field in dataclasses.fields(Piece)}
    assert fields - held_in_score_or_steps <= set(tables.pieces.c.keys())
