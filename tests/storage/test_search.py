from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from generators.music import Piece, Summary, Verdict
from generators.recipe import identified
from storage import queries, search, tables
from storage.cursors import cursor_at, place_of
from storage.database import Database
from storage.records import AiredPiece
from storage.rows import notes_a_bar
from storage.search import PieceFilter, find_pieces
from storage.walk import KINDS, Scope, walk
from storage.writing import store
from tests.pieces import make_piece, summaries
from tests.storage.broadcasts import BEGAN, airing_of
from tests.storage.conftest import on_sqlite

MINOR = identified(replace(make_piece(seed=1), key="A minor", show="night"))
FAST = identified(replace(make_piece(seed=2, tempo_qpm=150), verdict=Verdict(0.9, {})))
LONG = replace(make_piece(seed=3, bars=8), verdict=Verdict(0.5, {}))
BRIDGE = identified(replace(make_piece(seed=4, origin="bridge"), model="another"))
UNHEARD = make_piece(seed=5)
BIG = {"pieces", "catalogue", "airings", "joins", "events", "listening_hours"}
PROGRAMME = (MINOR, FAST, LONG, BRIDGE)


@pytest.fixture
def archive(database: Database) -> Database:
    with database.writing() as connection:
        store(connection, UNHEARD)
        for number, piece in enumerate(PROGRAMME):
            station = "other" if piece is FAST else "main"
            airing = airing_of(piece, number, station=station, broadcast=f"b-{station}")
            store(connection, AiredPiece(airing, piece))
    return database


def found(database: Database, **wanted: Any) -> list[Summary]:
    return [each.piece for each in find_pieces(database, PieceFilter(**wanted)).pieces]


def test_pieces_are_found_newest_first(archive: Database) -> None:
    page = find_pieces(archive, PieceFilter())
    assert [each.piece for each in page.pieces] == summaries(BRIDGE, LONG, FAST, MINOR, UNHEARD)
    assert page.pieces[0].aired_at == BEGAN + timedelta(seconds=90)
    assert page.pieces[-1].aired_at is None
    assert page.cursor is None


@pytest.mark.parametrize(
    ("wanted", "pieces"),
    [
        ({"station": "other"}, [FAST]),
        ({"show": "night"}, [MINOR]),
        ({"key": "A minor"}, [MINOR]),
        ({"origin": "bridge"}, [BRIDGE]),
        ({"model": "another"}, [BRIDGE]),
        ({"tempo_qpm": (150, 150)}, [FAST]),
        ({"score": (0.5, 0.6)}, [LONG]),
        ({"density": (notes_a_bar(LONG), notes_a_bar(LONG))}, [LONG]),
        ({"aired_from": BEGAN + timedelta(seconds=60)}, [BRIDGE, LONG]),
        ({"aired_until": BEGAN + timedelta(seconds=60)}, [FAST, MINOR]),
        ({"station": "main", "origin": "sampled", "score": (0, 1)}, [LONG]),
        ({"key": "A minor", "origin": "bridge"}, []),
        ({"show": "no such show"}, []),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_a_filter_finds_what_it_says(
    archive: Database, wanted: dict[str, Any], pieces: list[Piece]
) -> None:
    assert found(archive, **wanted) == summaries(*pieces)


def test_a_piece_is_found_by_its_first_airing(archive: Database) -> None:
    again = airing_of(MINOR, 50, station="other", broadcast="b-other")
    with archive.writing() as connection:
        store(connection, AiredPiece(again, MINOR))
    assert found(archive, station="other") == summaries(FAST)
    assert found(archive, aired_from=again.aired_at) == []


def test_an_airing_that_is_told_late_and_was_earlier_is_the_first(archive: Database) -> None:
    early = replace(airing_of(BRIDGE, 0, broadcast="b0"), aired_at=BEGAN - timedelta(days=1))
    with archive.writing() as connection:
        store(connection, AiredPiece(early, BRIDGE))
    assert found(archive, aired_until=BEGAN) == summaries(BRIDGE)


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("wanted", [{}, {"station": "main"}, {"score": (0, 1)}])
def test_pages_give_each_piece_once(archive: Database, limit: int, wanted: dict[str, Any]) -> None:
    assert list(pages(archive, PieceFilter(**wanted), limit)) == found(archive, **wanted)


def test_a_page_looks_at_so_much_and_goes_on(
    archive: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOKS", (2,))
    monkeypatch.setattr(search, "MOST_BY_TIME", 2)
    wanted = PieceFilter(tempo_qpm=(150, 150))
    page = find_pieces(archive, wanted, limit=1)
    assert page.pieces == ()
    assert page.cursor is not None
    assert list(pages(archive, wanted, 1)) == summaries(FAST)


def pages(database: Database, wanted: PieceFilter, limit: int) -> Iterator[Summary]:
    cursor = None
    while True:
        page = find_pieces(database, wanted, cursor=cursor, limit=limit)
        assert len(page.pieces) <= limit
        yield from (each.piece for each in page.pieces)
        if page.cursor is None:
            return
        cursor = page.cursor


def test_a_damaged_piece_is_left_out_of_a_page(archive: Database) -> None:
    with archive.writing() as connection:
        damage = tables.pieces.update().where(tables.pieces.c.id == LONG.id)
        connection.execute(damage.values(score=b"?"))
    assert found(archive, station="main") == summaries(BRIDGE, MINOR)


_times = st.datetimes(timezones=st.just(UTC))
_ids = st.text("0123456789abcdef", min_size=20, max_size=20)


@given(_times, _ids)
def test_a_cursor_comes_back(time: datetime, piece_id: str) -> None:
    cursor = cursor_at(time, piece_id)
    assert place_of(cursor) == (time, piece_id)
    assert len(cursor) == 24


# The last is of a year that there is not.
@pytest.mark.parametrize("cursor", ["", "x", "A" * 23, "A" * 10_000, "é" * 24, "f" + "_" * 23])
def test_a_cursor_that_nobody_gave_out_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="is no cursor of ours") as refused:
        place_of(cursor)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("span", [(2, 1), (math.nan, 1), (0, math.inf)])
def test_a_range_that_is_none_is_refused(span: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="tempo_qpm is from a number"):
        PieceFilter(tempo_qpm=span)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aired_from needs a zone"):
        PieceFilter(aired_from=datetime(2026, 1, 1))


def test_what_was_on_air_at_a_time_is_what_had_begun(archive: Database) -> None:
    at = BEGAN + timedelta(seconds=61)
    (heard,) = queries.history(archive, "main", at, 1)
    assert [heard.piece] == summaries(LONG)
    assert queries.history(archive, "main", BEGAN - timedelta(seconds=1), 1) == []


def test_airings_from_a_time_are_oldest_first(archive: Database) -> None:
    heard = queries.airings_from(archive, "main", BEGAN + timedelta(seconds=60), 20)
    assert [aired.piece for aired in heard] == [LONG, BRIDGE]
    assert queries.airings_from(archive, "main", BEGAN, 1)[0].piece == MINOR


def test_the_walk_of_all_gives_each_piece_once(archive: Database) -> None:
    pages = walk(archive, KINDS["piece"], Scope(), page_rows=2)
    walked = [piece for page in pages for piece in page.records]
    assert walked == sorted([*PROGRAMME, UNHEARD], key=lambda piece: (piece.created, piece.id))


@on_sqlite
def test_no_query_behind_a_page_reads_a_whole_table(archive: Database) -> None:
    cursor = cursor_at(BEGAN, MINOR.id)
    ends = {"aired_from": BEGAN, "aired_until": BEGAN + timedelta(days=1)}
    filters: list[dict[str, Any]] = [
        {"station": "main"},
        {"show": "night"},
        {"key": "A minor"},
        {"origin": "bridge"},
        {"model": "another"},
        {"station": "main", "show": "night", "key": "A minor", "tempo_qpm": (100, 120)},
        ends,
    ]
    plans: list[list[str]] = []
    with watched(archive, plans):
        queries.piece(archive, MINOR.id)
        queries.history(archive, "main")
        queries.history(archive, "main", BEGAN)
        queries.airings_from(archive, "main", BEGAN, 20)
        queries.recent_pieces(archive, "main", 40)
        queries.events(archive, "main", 20)
        queries.listening_hours(archive, "main", BEGAN, BEGAN + timedelta(hours=1))
        for wanted in filters:
            find_pieces(archive, PieceFilter(**wanted))
            find_pieces(archive, PieceFilter(**wanted), cursor=cursor)
        find_pieces(archive, PieceFilter(score=(0, 1)), cursor=cursor)
    for plan in plans:
        assert not {f"SCAN {table}" for table in BIG} & set(plan), plan
        # A full sort reads all that was found: here it is of the few airings that were looked at.
        of_few = {"CO-ROUTINE anon_1", "MATERIALIZE anon_1"} & set(plan)
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan or of_few, plan


@contextmanager
def watched(database: Database, plans: list[list[str]]) -> Iterator[None]:
    """Adds the plan of all that is asked meanwhile."""
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, values))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert asked
    with database.reading() as connection:
        for statement, values in asked:
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.append([step.detail for step in steps])
