"""The archive taken away and brought in again."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.music import Piece
from storage import exchange, importing, queries, wire
from storage.database import Database
from storage.errors import ArchiveFileError
from storage.exchange_file import open_archive
from storage.importing import Import, Imported
from storage.records import AiredPiece
from storage.walk import Scope
from tests.pieces import make_piece, pieces
from tests.storage.archives import PIECES, counts, exported, keep, records
from tests.storage.broadcasts import BEGAN, airing_of, hour_of


def bring_in(file: Path, database: Database) -> Imported:
    return Import(open_archive(file), database, file.with_name("note.json")).run()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("another")
    database = Database.open(f"sqlite:///{folder}/latentfm.db")
    keep(database, records())
    data = exported(database, folder / "archive.jsonl").read_bytes()
    database.close()
    return data


@pytest.fixture
def file(kept: bytes, tmp_path: Path) -> Path:
    """The archive of another station."""
    path = tmp_path / "archive.jsonl"
    path.write_bytes(kept)
    return path


def test_it_comes_back_byte_for_byte(database: Database, file: Path, tmp_path: Path) -> None:
    assert bring_in(file, database).refused == []
    assert exported(database, tmp_path / "again.jsonl").read_bytes() == file.read_bytes()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "latentfm.db"
    Database.open(f"sqlite:///{path}").close()
    return path


@settings(max_examples=10, deadline=None)
@given(st.lists(pieces(max_bars=2), max_size=4, unique_by=lambda piece: piece.id))
def test_any_archive_comes_back_byte_for_byte(empty: Path, made: list[Piece]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        here, there = (Database(f"sqlite:///{folder}/{db}.db") for db in ("here", "there"))
        for database in ("here", "there"):
            shutil.copy(empty, folder / f"{database}.db")
        for each in (here, there):
            each.prepare()
        keep(here, made[:1])
        keep(here, (AiredPiece(airing_of(p, number), p) for number, p in enumerate(made[1:])))
        one = exported(here, folder / "one.jsonl")
        bring_in(one, there)
        assert exported(there, folder / "two.jsonl").read_bytes() == one.read_bytes()
        here.close()
        there.close()


def test_a_second_time_changes_nothing(database: Database, file: Path) -> None:
    first = bring_in(file, database)
    before = counts(database)
    second = bring_in(file, database)
    assert sum(second.new.values()) == 0
    assert second.known == sum(first.new.values())
    assert counts(database) == before


def test_what_was_on_air_here_stays(database: Database, file: Path) -> None:
    mine = make_piece(seed=1, bars=2, z_size=4)  # as the other has it
    keep(database, [hour_of(seconds=999), mine])
    bring_in(file, database)
    (hour,) = queries.listening_hours(database, "main", BEGAN, BEGAN + timedelta(hours=1))
    assert hour.listening_seconds == 999
    assert counts(database)["piece"] == PIECES + 2


def test_it_goes_on_where_it_was_interrupted(
    database: Database, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_RECORDS", 3)
    whole, note = open_archive(file), tmp_path / "note.json"

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Import(whole, database, note).run(stop)
    again = Import(whole, database, note)
    assert again.done == 3
    assert again.run().new["piece"] == PIECES + 2 - 3
    assert not note.exists()


def test_an_airing_without_its_piece_is_left_out(database: Database, tmp_path: Path) -> None:
    piece = make_piece(bars=1, z_size=1)
    keep(database, [piece])
    stray = replace(airing_of(piece, 1), piece_id="f" * 20)
    lines = exchange.first_line(Scope()) + wire.to_line(stray)
    end = exchange.last_line({"airing": 1}, hashlib.sha256(lines).hexdigest())
    path = tmp_path / "stray.jsonl"
    path.write_bytes(lines + end)
    assert "is missing" in bring_in(path, database).refused[0]


def altered(lines: list[bytes]) -> list[bytes]:
    """One note of the third last line is another."""
    lines[-3] = lines[-3].replace(b'"melody":[[0,3,', b'"melody":[[0,2,')
    return lines


Damage = Callable[[list[bytes]], list[bytes]]
FAULTS: dict[str, tuple[Damage, str]] = {
    "cut between lines": (lambda lines: lines[:-1], "the last line is missing"),
    "cut inside a line": (lambda lines: [*lines[:-2], lines[-2][:50]], "middle of a line"),
    "altered": (altered, "was altered: its content hashes to"),
    "swapped": (lambda lines: [*lines[:-3], lines[-2], lines[-3], lines[-1]], "fit their sum"),
    "doubled": (lambda lines: [*lines[:-2], lines[-2], *lines[-2:]], "fit their sum"),
    "garbled": (lambda lines: [*lines[:-2], b"\0\n", *lines[-2:]], "Expecting value"),
    "lengthened": (lambda lines: [*lines, b"{}\n"], "more stands behind"),
    "something else": (lambda lines: lines[1:], "no archive of Latent FM"),
    "newer": (lambda lines: [lines[0].replace(b":1,", b":2,", 1), *lines[1:]], "newer Latent FM"),
    "empty": (lambda lines: [], "no archive of Latent FM"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_file_is_refused_with_the_place(file: Path, fault: str) -> None:
    damage, reason = FAULTS[fault]
    file.write_bytes(b"".join(damage(file.read_bytes().splitlines(keepends=True))))
    with pytest.raises(ArchiveFileError, match=reason) as refused:
        open_archive(file)
    assert f"line {refused.value.line}" in str(refused.value)


def test_the_place_is_the_line(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(altered(lines)))
    with pytest.raises(ArchiveFileError, match=f"line {len(lines) - 2}: piece"):
        open_archive(file)


def test_every_flipped_byte_is_noticed(file: Path) -> None:
    whole = file.read_bytes()
    for place in range(0, len(whole), len(whole) // 40):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ArchiveFileError):
            open_archive(file)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveFileError, match="No such file"):
        open_archive(tmp_path / "none.jsonl")


def test_each_line_is_json_that_others_read(file: Path) -> None:
    lines = [json.loads(line) for line in file.read_text("ascii").splitlines()]
    assert lines[0]["format"] == "latentfm-archive"
    assert lines[-1]["counts"]["piece"] == PIECES + 2
    assert {line["record"] for line in lines[1:-1]} == set(lines[-1]["counts"])
