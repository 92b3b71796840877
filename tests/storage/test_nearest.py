"""More like this: what lies near is found, and the index mends itself."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from generators.music import Piece
from generators.recipe import identified
from generators.walk import centre
from storage import nearest as room
from storage import tables
from storage.database import Database
from storage.nearest import Nearest
from storage.shards import Shards
from storage.writing import store
from tests.pieces import CREATED, make_piece

SIZE = 16


def keep(database: Database, *pieces: Piece) -> None:
    with database.writing() as connection:
        for piece in pieces:
            store(connection, piece)


def piece_at(place: np.ndarray, number: int = 0, **changes: object) -> Piece:
    """A piece all of whose bars lie at one place."""
    latents = np.stack([place, place]).astype(np.float32)
    later = CREATED + timedelta(minutes=number)
    piece = make_piece(seed=number, bars=1, z_size=SIZE)
    return identified(replace(piece, latents=latents, created=later, **changes))  # type: ignore[arg-type]  # its fields by name


def places(count: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, SIZE)).astype(np.float32)


def filled(folder: Path, database: Database) -> Nearest:
    nearest = Nearest(folder, database)
    while nearest.step():
        pass
    return nearest


def test_the_nearest_pieces_come_first(database: Database, tmp_path: Path) -> None:
    home, *others = places(60)
    pieces = [piece_at(home + number * other, number) for number, other in enumerate(others)]
    keep(database, *pieces)
    found = filled(tmp_path, database).like(pieces[0].id, 10)
    far = {piece.id: _distance(home, centre(piece)) for piece in pieces[1:]}
    assert [each for each, _ in found] == sorted(far, key=lambda each: far[each])[:10]
    assert [distance for _, distance in found] == pytest.approx(sorted(far.values())[:10], abs=2e-3)


def test_a_piece_is_not_like_itself(database: Database, tmp_path: Path) -> None:
    one, two = (piece_at(place, number) for number, place in enumerate(places(2)))
    keep(database, one, two)
    assert [each for each, _ in filled(tmp_path, database).like(one.id, 5)] == [two.id]


def test_pieces_of_another_model_are_not_compared(database: Database, tmp_path: Path) -> None:
    place = places(1)[0]
    mine = piece_at(place, 0)
    theirs = piece_at(place, 1, weights_sha256="f" * 64)
    keep(database, mine, theirs)
    assert filled(tmp_path, database).like(mine.id, 5) == []


def test_a_bridge_finds_pieces_and_is_not_found(database: Database, tmp_path: Path) -> None:
    first, place = places(2)
    bridge = piece_at(first, 0, origin="bridge")
    piece = piece_at(place, 1)
    keep(database, bridge, piece)
    nearest = filled(tmp_path, database)
    assert [each for each, _ in nearest.like(bridge.id, 5)] == [piece.id]
    assert nearest.like(piece.id, 5) == []


def test_a_pattern_lies_nowhere(database: Database, tmp_path: Path) -> None:
    pattern = make_piece(origin="pattern", latents=0)
    keep(database, pattern)
    assert filled(tmp_path, database).like(pattern.id, 5) == []


def test_a_piece_that_is_not_there_is_like_none(database: Database, tmp_path: Path) -> None:
    assert filled(tmp_path, database).like("0" * 20, 5) == []


def test_a_new_piece_is_found_though_it_comes_late(database: Database, tmp_path: Path) -> None:
    home, *others = places(5)
    pieces = [piece_at(place, 60 + number) for number, place in enumerate([home, *others])]
    keep(database, *pieces)
    nearest = filled(tmp_path, database)
    late = piece_at(home + 0.01, 0)  # made an hour before the others
    keep(database, late)
    while nearest.step():
        pass
    assert nearest.like(pieces[0].id, 1)[0][0] == late.id


def test_a_row_that_was_removed_is_left_out(database: Database, tmp_path: Path) -> None:
    pieces = [piece_at(place, number) for number, place in enumerate(places(4))]
    keep(database, *pieces)
    nearest = filled(tmp_path, database)
    with database.writing() as connection:
        for table, column in ((tables.catalogue, "piece_id"), (tables.pieces, "id")):
            connection.execute(table.delete().where(table.c[column] == pieces[1].id))
    found = {each for each, _ in nearest.like(pieces[0].id, 5)}
    assert found == {pieces[2].id, pieces[3].id}


def test_the_next_start_has_what_was_saved(database: Database, tmp_path: Path) -> None:
    pieces = [piece_at(place, number) for number, place in enumerate(places(30))]
    keep(database, *pieces)
    before = filled(tmp_path, database)
    before.save()
    after = Nearest(tmp_path, database)
    after.step()
    assert after.like(pieces[0].id, 5) == before.like(pieces[0].id, 5)
    assert len(after) == 30


@pytest.mark.parametrize("damage", [b"", b"not an index", None])
def test_a_damaged_index_is_made_anew(
    damage: bytes | None, database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pieces = [piece_at(place, number) for number, place in enumerate(places(20))]
    keep(database, *pieces)
    before = filled(tmp_path, database)
    before.save()
    [file] = tmp_path.rglob("*.usearch")
    whole = file.read_bytes()
    middle = len(whole) // 2
    file.write_bytes(whole[:middle] + b"\xff" + whole[middle + 1 :] if damage is None else damage)
    after = filled(tmp_path, database)
    assert "is made anew" in caplog.text
    assert after.like(pieces[0].id, 5) == before.like(pieces[0].id, 5)


def test_many_pieces_are_put_in_step_by_step(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "STEP_PIECES", 3)
    monkeypatch.setattr(room, "STEP_ENTRIES", 7)
    keep(database, *(piece_at(place, number) for number, place in enumerate(places(20))))
    assert len(filled(tmp_path, database)) == 20


def test_its_thread_brings_it_up_to_date(database: Database, tmp_path: Path) -> None:
    pieces = [piece_at(place, number) for number, place in enumerate(places(9))]
    keep(database, *pieces)
    nearest, is_there = Nearest(tmp_path, database), threading.Event()
    nearest.start()
    for _ in range(1000):
        if len(nearest) == 9 or is_there.wait(0.02):
            break
    nearest.close(10)
    assert len(nearest.like(pieces[0].id, 8)) == 8
    assert list(tmp_path.rglob("*.usearch")), "it was not saved"


def test_without_a_database_it_only_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nearest = Nearest(tmp_path, Database(f"sqlite:///{tmp_path}/never/opened.db"))
    nearest.start()
    for _ in range(1000):
        if caplog.records or threading.Event().wait(0.02):
            break
    nearest.close(10)
    assert "not brought up to date" in caplog.text


def test_full_shards_are_searched_with_the_open_one(tmp_path: Path) -> None:
    vectors = places(95)
    shards = Shards(tmp_path, SIZE, shard_vectors=20)
    for key, vector in enumerate(vectors):
        shards.add(key, vector)
    shards.save()
    assert len(list(tmp_path.iterdir())) == 5
    for index in (shards, Shards(tmp_path, SIZE, shard_vectors=20)):
        far = [_distance(vectors[50], vector) for vector in vectors]
        assert [key for key, _ in index.near(vectors[50], 8)] == np.argsort(far)[:8].tolist()
        assert index.missing(np.array([3, 200, 94], np.uint64)).tolist() == [False, True, False]


def test_a_disk_that_is_full_keeps_the_last_state(tmp_path: Path) -> None:
    shards = Shards(tmp_path / "index", SIZE)
    shards.add(1, places(1)[0])
    shards.save()
    shards.add(2, places(2)[1])
    (tmp_path / "index").rename(tmp_path / "away")
    with pytest.raises(OSError, match="No such file"):
        shards.save()
    (tmp_path / "away").rename(tmp_path / "index")
    assert len(Shards(tmp_path / "index", SIZE)) == 1
    shards.save()
    assert len(Shards(tmp_path / "index", SIZE)) == 2


def _distance(one: np.ndarray, other: np.ndarray | None) -> float:
    assert other is not None
    return 1 - float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
