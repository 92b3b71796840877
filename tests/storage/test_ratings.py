"""What listeners said, from the journal's file to the counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from storage import tables, wire
from storage.database import Database
from storage.journal import Journal
from storage.ratings import Ratings, counts_of, liked
from storage.records import Rating
from storage.writing import store
from tests.pieces import make_piece
from tests.storage.broadcasts import BEGAN

A, B, C = (make_piece(seed=seed) for seed in range(3))
CHANGES = [(1, 0), (0, 1), (-1, 0), (0, -1), (1, -1), (-1, 1)]


def said(number: int, piece_id: str, likes: int, dislikes: int, *, days: int = 0) -> Rating:
    return Rating(f"{number:020x}", piece_id, BEGAN - timedelta(days=days), likes, dislikes)


def rate(database: Database, *ratings: Rating) -> None:
    with database.writing() as connection:
        for rating in ratings:
            store(connection, rating)


@given(st.integers(0, 2**80 - 1), st.sampled_from(CHANGES))
def test_a_rating_comes_back_from_its_line(number: int, change: tuple[int, int]) -> None:
    rating = said(number, A.id, *change)
    assert wire.from_line(wire.to_line(rating)) == rating


@pytest.mark.parametrize("change", [(0, 0), (1, 1), (-1, -1), (2, 0)])
def test_one_listener_changes_a_count_by_one(change: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="by one"):
        said(1, A.id, *change)


def test_a_rating_is_of_an_hour() -> None:
    with pytest.raises(ValueError, match="on the hour"):
        replace(said(1, A.id, 1, 0), hour=BEGAN + timedelta(minutes=1))


def test_what_was_taken_back_does_not_count(database: Database) -> None:
    rate(database, said(1, A.id, 1, 0), said(2, A.id, 1, 0), said(3, A.id, -1, 1))
    rate(database, said(4, B.id, 0, 1), said(5, B.id, 0, -1))
    counts = counts_of(database, [A.id, B.id, C.id])
    assert counts == {A.id: Ratings(1, 1), B.id: Ratings(), C.id: Ratings()}


def test_a_rating_counts_once_however_often_it_is_written(
    open_journal: Callable[[], Journal], database: Database
) -> None:
    journal = open_journal()
    for _ in range(3):
        journal.append(said(1, A.id, 1, 0))
    assert journal.flush(10)
    assert counts_of(database, [A.id]) == {A.id: Ratings(1, 0)}


def test_what_more_like_than_do_not_is_liked_most_first(database: Database) -> None:
    pieces = [*(make_piece(seed=seed) for seed in range(3, 6)), make_piece(seed=6, origin="bridge")]
    best, good, disliked, bridge = pieces
    rate(database, *(said(number, best.id, 1, 0) for number in range(3)))
    rate(database, said(10, good.id, 1, 0), said(11, disliked.id, 0, 1), said(12, bridge.id, 1, 0))
    with database.writing() as connection:
        for piece in pieces:
            store(connection, piece)
    found = liked(database, best.weights_sha256, BEGAN, 10)
    assert [each.piece.id for each in found] == [best.id, good.id]
    assert found[0].ratings == Ratings(3, 0)
    assert liked(database, best.weights_sha256, BEGAN, 1) == found[:1]
    assert liked(database, "another model", BEGAN, 10) == []


def test_what_was_liked_long_ago_is_no_taste_of_today(database: Database) -> None:
    with database.writing() as connection:
        store(connection, A)
    rate(database, said(1, A.id, 1, 0, days=31))
    assert liked(database, A.weights_sha256, BEGAN - timedelta(days=30), 10) == []


def test_counting_looks_at_nothing_but_an_index(database: Database) -> None:
    query = "EXPLAIN QUERY PLAN SELECT piece_id, SUM(likes), SUM(dislikes) FROM ratings"
    with database.reading() as connection:
        if connection.dialect.name != "sqlite":
            return  # there the planner goes by how much it finds
        plan = connection.execute(sa.text(f"{query} WHERE piece_id IN ('a', 'b') GROUP BY 1"))
        assert "USING COVERING INDEX ratings_by_piece" in str(plan.all())


def test_the_table_names_every_field_of_a_rating() -> None:
    assert set(Rating.__slots__) == set(tables.ratings.c.keys())
