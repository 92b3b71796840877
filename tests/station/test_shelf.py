"""The shelf: it always has something to play."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from generators.music import Piece
from station.shelf import ARCHIVE_PIECES
from tests.pieces import make_piece
from tests.station.fakes import pattern_shelf


def bridge(seed: int) -> Piece:
    return make_piece(seed=seed, origin="bridge")


def test_what_was_put_on_first_is_taken_first() -> None:
    shelf, _ = pattern_shelf()
    pieces = [make_piece(seed=seed) for seed in range(3)]
    assert shelf.add(pieces, after=None)
    assert [shelf.take() for _ in range(3)] == pieces
    assert not shelf.on_fallback


def test_an_empty_shelf_plays_the_archive_in_turn() -> None:
    shelf, _ = pattern_shelf()
    archive = [make_piece(seed=1), make_piece(seed=2)]
    shelf.stock(archive)
    assert [shelf.take() for _ in range(3)] == [*archive, archive[0]]
    assert shelf.on_fallback


def test_what_was_taken_is_the_last_of_the_archive_to_be_played_again() -> None:
    shelf, _ = pattern_shelf()
    archived, new = make_piece(seed=1), make_piece(seed=2)
    shelf.stock([archived])
    shelf.add([new], after=None)
    assert [shelf.take() for _ in range(4)] == [new, archived, new, archived]


def test_a_piece_stands_by_only_once() -> None:
    shelf, _ = pattern_shelf()
    first, second = make_piece(seed=1), make_piece(seed=2)
    shelf.stock([first, second])
    shelf.add([first], after=None)
    assert [shelf.take() for _ in range(4)] == [first, second, first, second]


def test_no_more_stand_by_than_were_brought_from_the_log() -> None:
    shelf, _ = pattern_shelf()
    pieces = [make_piece(seed=seed) for seed in range(ARCHIVE_PIECES + 5)]
    shelf.stock(pieces[:1])
    shelf.add(pieces[1:], after=None)
    for _ in pieces[1:]:
        shelf.take()
    assert [shelf.take() for _ in range(ARCHIVE_PIECES)] == pieces[5:]
    assert shelf.take() == pieces[5]


def test_with_no_archive_it_plays_a_pattern() -> None:
    shelf, pattern = pattern_shelf()
    assert shelf.take() is pattern
    assert shelf.on_fallback


@given(st.lists(st.sampled_from(["take", "trim", "drop", "add", "stock", "empty"]), max_size=30))
def test_taking_never_fails(orders: list[str]) -> None:
    shelf, _ = pattern_shelf()
    for seed, order in enumerate(orders):
        if order == "add":
            shelf.add([bridge(seed), make_piece(seed=seed)], shelf.last)
        elif order == "stock":
            shelf.stock([make_piece(seed=seed)])
        elif order == "empty":
            shelf.stock([])
        elif order == "drop":
            shelf.drop_bridge()
        elif order == "trim":
            shelf.trim()
        else:
            assert shelf.take().seconds > 0
    assert shelf.seconds >= 0


def test_nothing_is_added_after_what_was_not_promised() -> None:
    shelf, _ = pattern_shelf()
    first, second = make_piece(seed=1), make_piece(seed=2)
    shelf.add([first], after=None)
    assert not shelf.add([second], after=None)
    assert not shelf.add([second], after=replace(first))  # equal, but another one
    assert shelf.next is first
    assert shelf.last is first


def test_a_pattern_played_meanwhile_makes_the_plan_stale() -> None:
    shelf, pattern = pattern_shelf()
    planned_after = shelf.last
    shelf.take()
    assert not shelf.add([make_piece(seed=1)], planned_after)
    assert shelf.last is pattern


def test_trimming_keeps_the_bridge_with_its_piece() -> None:
    shelf, _ = pattern_shelf()
    first, second = [bridge(1), make_piece(seed=1)], [bridge(2), make_piece(seed=2)]
    shelf.add([*first, *second], after=None)
    shelf.trim()
    assert shelf.last is first[1]
    assert [shelf.take(), shelf.take()] == first


def test_trimming_after_the_bridge_was_taken_keeps_its_piece() -> None:
    shelf, _ = pattern_shelf()
    shelf.add([bridge(1), make_piece(seed=1), bridge(2), make_piece(seed=2)], after=None)
    shelf.take()
    shelf.trim()
    assert shelf.take() == make_piece(seed=1)
    assert shelf.seconds == 0


def test_trimming_an_empty_shelf_forgets_nothing() -> None:
    shelf, _ = pattern_shelf()
    shelf.add([make_piece(seed=1)], after=None)
    taken = shelf.take()
    shelf.trim()
    assert shelf.last is taken


def test_it_knows_how_many_seconds_it_holds() -> None:
    shelf, _ = pattern_shelf()
    shelf.add([make_piece(seed=1, bars=4, tempo_qpm=120)] * 2, after=None)
    assert shelf.seconds == 16.0


def test_a_new_plan_replaces_all_of_the_old_one() -> None:
    shelf, _ = pattern_shelf()
    shelf.add([bridge(1), make_piece(seed=1), bridge(2), make_piece(seed=2)], after=None)
    plan = [bridge(3), make_piece(seed=3)]
    shelf.replace(plan)
    assert shelf.pieces == tuple(plan)
    assert shelf.last is plan[-1]


def test_a_piece_that_is_skipped_takes_the_bridge_from_it_along() -> None:
    shelf, _ = pattern_shelf()
    following = make_piece(seed=1)
    shelf.add([bridge(1), following], after=None)
    shelf.drop_bridge()
    assert shelf.pieces == (following,)
    shelf.drop_bridge()  # no bridge comes next: nothing to drop
    assert shelf.pieces == (following,)
