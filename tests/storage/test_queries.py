from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from generators.music import Piece
from storage import queries, tables
from storage.database import Database
from storage.records import AiredPiece, StationEvent
from storage.retention import prune
from storage.writing import store
from tests.pieces import make_piece, summaries
from tests.storage.archives import held
from tests.storage.broadcasts import BEGAN, airing_of, hour_of, join_at

DAY = timedelta(days=1)
A, B, C = (make_piece(seed=seed) for seed in range(3))


def air(database: Database, *programme: Piece, station: str = "main") -> None:
    with database.writing() as connection:
        for number, piece in enumerate(programme):
            airing = airing_of(piece, number, station=station, broadcast=f"b-{station}")
            store(connection, AiredPiece(airing, piece))


def test_history_is_newest_first(database: Database) -> None:
    air(database, A, B, C)
    assert [aired.piece for aired in queries.history(database, "main")] == summaries(C, B, A)


def test_history_goes_on_before_a_time(database: Database) -> None:
    air(database, A, B, C)
    newest = queries.history(database, "main", limit=1)[0]
    older = queries.history(database, "main", before=newest.airing.aired_at)
    assert [aired.piece for aired in older] == summaries(B, A)


def test_airings_before_a_time_have_the_notes(database: Database) -> None:
    air(database, A, B, C)
    newest, *older = queries.airings_before(database, "main")
    assert newest.piece == C
    assert queries.airings_before(database, "main", newest.airing.aired_at) == older


def test_a_station_has_its_own_history(database: Database) -> None:
    air(database, A, station="main")
    air(database, B, station="other")
    assert [aired.piece for aired in queries.history(database, "other")] == summaries(B)


def test_the_walk_resumes_at_the_last_airing(database: Database) -> None:
    assert queries.last_airing(database, "main") is None
    air(database, A, B)
    last = queries.last_airing(database, "main")
    assert last is not None
    assert (last.piece, last.airing.position) == (B, 30 * 48_000)


def test_a_replay_is_marked(database: Database) -> None:
    air(database, A, B, A)
    assert [a.replayed for a in queries.airings(database, "b-main")] == [False, False, True]


def test_an_airing_told_twice_is_stored_once(database: Database) -> None:
    air(database, A, B)
    air(database, A, B)
    assert [a.replayed for a in queries.airings(database, "b-main")] == [False, False]


def test_recent_pieces_are_different(database: Database) -> None:
    air(database, A, B, A, C, B, B)
    assert queries.recent_pieces(database, "main", 10) == [B, C, A]


def test_recent_pieces_are_found_behind_many_replays(database: Database) -> None:
    air(database, A, C, *[B] * 20)
    assert queries.recent_pieces(database, "main", 3) == [B, C, A]


def test_recent_pieces_leave_patterns_out(database: Database) -> None:
    air(database, A, make_piece(seed=9, origin="pattern"))
    assert queries.recent_pieces(database, "main", 10) == [A]


def test_a_damaged_piece_is_left_out_of_the_archive(database: Database) -> None:
    air(database, A, B)
    with database.writing() as connection:
        damage = tables.pieces.update().where(tables.pieces.c.id == B.id)
        connection.execute(damage.values(score=b"?"))
    assert queries.recent_pieces(database, "main", 10) == [A]


def test_an_unknown_piece_is_none(database: Database) -> None:
    assert queries.piece(database, "f" * 20) is None


def test_an_airing_tells_when_its_broadcast_began(database: Database) -> None:
    air(database, A, B)
    with database.reading() as connection:
        assert connection.execute(sa.select(tables.broadcasts.c.started_at)).all() == [(BEGAN,)]


@pytest.mark.parametrize(("keep_samples_days", "left"), [(None, [1, 2]), (30, [2]), (0, [])])
def test_old_samples_are_pruned(
    database: Database, keep_samples_days: int | None, left: list[int]
) -> None:
    hours = {1: hour_of(-24 * 31), 2: hour_of(-24)}
    with database.writing() as connection:
        for number, hour in hours.items():
            store(connection, hour)
            store(connection, StationEvent("main", hour.at, "skip", {"number": number}))
    prune(database, keep_samples_days, BEGAN)
    kept = queries.listening_hours(database, "main", hours[1].hour, BEGAN)
    assert kept == [hours[number] for number in left]
    assert [e.detail["number"] for e in queries.events(database, "main", 9)] == left[::-1]


def test_what_is_told_of_an_hour_last_takes_the_place_of_what_was_told_before(
    database: Database,
) -> None:
    later = hour_of(seconds=600)
    with database.writing() as connection:
        for hour in (hour_of(seconds=60), later, hour_of(1), hour_of(station="other")):
            store(connection, hour)
    found = queries.listening_hours(database, "main", BEGAN, BEGAN + timedelta(hours=1))
    assert found == [later]


def test_an_hour_with_a_restart_has_a_row_for_each_broadcast(database: Database) -> None:
    first, second = hour_of(broadcast="b1"), hour_of(broadcast="a2", seconds=1_000)
    with database.writing() as connection:
        store(connection, second)
        store(connection, first)
    assert queries.listening_hours(database, "main", BEGAN, BEGAN + DAY) == [first, second]


@pytest.mark.parametrize("change", [{"peak": -1}, {"listening_seconds": float("nan")}])
def test_fewer_than_no_listeners_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="counted from 0"):
        replace(hour_of(), **change)


def test_half_past_is_no_hour() -> None:
    with pytest.raises(ValueError, match="begins on the hour"):
        replace(hour_of(), hour=BEGAN + timedelta(minutes=30))


def test_pieces_are_never_pruned(database: Database) -> None:
    air(database, A)
    prune(database, 0, BEGAN + timedelta(days=9_999))
    assert queries.piece(database, A.id) == A


def judge(database: Database, *numbers: int, station: str = "main") -> None:
    with database.writing() as connection:
        for number in numbers:
            store(connection, join_at(number, station=station, broadcast=f"b-{station}"))


def test_history_says_how_good_a_join_was(database: Database) -> None:
    air(database, A, B, C)
    judge(database, 1)
    found = [aired.join for aired in queries.history(database, "main")]
    assert found == [None, join_at(1, broadcast="b-main"), None]


def test_a_join_is_that_of_its_own_broadcast(database: Database) -> None:
    air(database, A, B)
    judge(database, 1, station="other")
    assert [aired.join for aired in queries.history(database, "main")] == [None, None]


def test_a_join_told_twice_is_stored_once(database: Database) -> None:
    judge(database, 1)
    judge(database, 1)
    assert len(held(database, "join")) == 1


def test_a_figure_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        replace(join_at(1), loudness_step_lu=float("nan"))
