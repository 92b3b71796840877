"""The archive as files that other programs open."""

from __future__ import annotations

import csv
import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from storage.database import Database
from storage.errors import ExportError
from storage.export import FORMATS, Export, Format
from storage.export_csv import CsvWriter
from storage.records import AiredPiece
from storage.walk import KINDS, Kept, Kind, Scope, page_query, walk
from tests.pieces import make_piece
from tests.storage.archives import PIECES, UNHEARD, export_to, exported, keep, records
from tests.storage.broadcasts import BEGAN, airing_of


class FullDisk(CsvWriter):
    """A writer whose disk takes no more after the first table."""

    def write(self, kind: Kind, records: Sequence[Kept]) -> None:
        if kind is not next(iter(KINDS.values())):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(kind, records)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An archive that no test changes."""
    database = Database.open(f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/latentfm.db")
    keep(database, records())
    yield database
    database.close()


@pytest.fixture
def archive(database: Database) -> Database:
    """On both databases."""
    keep(database, records())
    return database


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv_has_a_file_a_table(archive: Database, tmp_path: Path) -> None:
    folder = exported(archive, tmp_path / "csv", "csv")
    rows = {kind.plural: len(rows_of(folder, kind.plural)) for kind in KINDS.values()}
    assert rows["pieces"] == PIECES + 2
    assert rows["airings"] == PIECES + 2
    assert min(rows.values()) >= 1


def test_csv_says_its_units(sqlite: Database, tmp_path: Path) -> None:
    folder = exported(sqlite, tmp_path / "csv", "csv")
    airing, piece = rows_of(folder, "airings")[-1], rows_of(folder, "pieces")[0]
    assert airing["aired_at_utc"] == "2026-01-01T12:04:00.000000Z"
    assert airing["position_frames"] == str(PIECES * 30 * 48_000)
    assert float(piece["length_seconds"]) == make_piece(bars=2).seconds
    assert piece["melody"].startswith("0+3:")


def test_csv_lines_end_as_rfc_4180_says(sqlite: Database, tmp_path: Path) -> None:
    data = (exported(sqlite, tmp_path / "csv", "csv") / "events.csv").read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n") == 2
    assert b'"{""by"":""operator""}"' in data


def test_parquet_has_types_and_lists(sqlite: Database, tmp_path: Path) -> None:
    folder = exported(sqlite, tmp_path / "parquet", "parquet")
    table = pq.read_table(folder / "pieces")
    piece = make_piece(seed=3, bars=2, z_size=4)
    row = next(row for row in table.to_pylist() if row["id"] == piece.id)
    assert row["created_utc"] == piece.created
    assert [note["pitch"] for note in row["bass"]] == [note.pitch for note in piece.trio.bass]
    assert row["latents"] == [latent.tolist() for latent in piece.latents]
    assert table.schema.metadata[b"latentfm.version"] == b"1"


def test_parquet_has_a_table_where_there_is_nothing(database: Database, tmp_path: Path) -> None:
    folder = exported(database, tmp_path / "parquet", "parquet")
    for kind in KINDS.values():
        table = pq.read_table(folder / kind.plural)
        assert table.num_rows == 0
        assert table.num_columns > 2


@pytest.mark.parametrize("format", FORMATS)
def test_equal_sqlites_give_equal_files(sqlite: Database, tmp_path: Path, format: str) -> None:
    one, two = (exported(sqlite, tmp_path / name, format) for name in ("one", "two"))
    files = [path.relative_to(one) for path in one.rglob("*") if path.is_file()]
    assert all((one / path).read_bytes() == (two / path).read_bytes() for path in files)


def test_a_part_is_one_stations(sqlite: Database, tmp_path: Path) -> None:
    folder = exported(sqlite, tmp_path / "csv", "csv", Scope(station="loft"))
    assert [row["title"] for row in rows_of(folder, "pieces")] == ["Piece 100"]
    assert [row["station"] for row in rows_of(folder, "joins")] == ["loft"]
    assert rows_of(folder, "ratings") == []


def test_a_part_is_of_a_time(archive: Database, tmp_path: Path) -> None:
    scope = Scope("main", BEGAN + timedelta(seconds=30), BEGAN + timedelta(seconds=90))
    folder = exported(archive, tmp_path / "csv", "csv", scope)
    assert {row["title"] for row in rows_of(folder, "pieces")} == {"Piece 1", "Piece 2"}
    assert len(rows_of(folder, "ratings")) == 1
    assert rows_of(folder, "events") == []


def test_a_time_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="the end must come later"):
        Scope(since=BEGAN, until=BEGAN)


def after(pages: int) -> Callable[[int], object]:
    """Progress that has enough at that page."""
    left = iter(range(pages - 1))
    return lambda _: next(left)


@pytest.mark.parametrize("format", FORMATS)
def test_it_goes_on_where_it_was_interrupted(
    archive: Database, tmp_path: Path, format: str
) -> None:
    whole, place = exported(archive, tmp_path / "whole", format), tmp_path / "tried"
    stops = iter([2, 1, 4, 3, 99])  # after so many pages more
    while not place.exists():
        with suppress(StopIteration):
            export_to(archive, place, format).run(after(next(stops)))
    assert next(stops, None) is None
    for path in filter(Path.is_file, whole.rglob("*")):
        assert (place / path.relative_to(whole)).read_bytes() == path.read_bytes()
    assert not list(tmp_path.glob(".*.partial"))


def test_a_try_for_something_else_is_begun_anew(sqlite: Database, tmp_path: Path) -> None:
    with pytest.raises(StopIteration):
        export_to(sqlite, tmp_path / "x", "csv").run(after(1))
    assert export_to(sqlite, tmp_path / "x", "csv").done == 1
    assert export_to(sqlite, tmp_path / "x", "csv", Scope(station="loft")).done == 0


def test_what_is_there_is_not_replaced_unasked(sqlite: Database, tmp_path: Path) -> None:
    exported(sqlite, tmp_path / "x", "csv")
    with pytest.raises(ExportError, match="say --force"):
        export_to(sqlite, tmp_path / "x", "csv")
    Export(sqlite, FORMATS["csv"], Scope(station="loft"), tmp_path / "x", replace=True).run()
    assert len(rows_of(tmp_path / "x", "pieces")) == 1


def test_a_folder_of_something_else_is_never_replaced(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.txt").touch()
    with pytest.raises(ExportError, match="no export of ours"):
        Export(sqlite, FORMATS["csv"], Scope(), tmp_path / "x", replace=True)


def test_the_last_room_of_a_disk_is_left_to_the_air(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.export.KEEP_FREE_SHARE", 1.0)
    export = Export(sqlite, FORMATS["csv"], Scope(), tmp_path / "x", keep_free_bytes=1 << 60)
    with pytest.raises(ExportError, match="kept for what goes on air"):
        export.run()
    assert not (tmp_path / "x").exists()


def test_a_full_disk_is_said_in_words(sqlite: Database, tmp_path: Path) -> None:
    full = Format("full", lambda folder, came_to, _: FullDisk(folder, came_to))
    with pytest.raises(ExportError, match="No space left on device"):
        Export(sqlite, full, Scope(), tmp_path / "x").run()
    assert not (tmp_path / "x").exists()


def test_a_damaged_piece_is_left_out_by_name(archive: Database, tmp_path: Path) -> None:
    piece = make_piece(seed=3, bars=2, z_size=4)
    with archive.writing() as connection:
        connection.execute(
            sa.text("UPDATE pieces SET title = 'other' WHERE id = :id"), {"id": piece.id}
        )
    export = export_to(archive, tmp_path / "x", "csv")
    export.run()
    (reason,) = export.damaged
    assert piece.id in reason
    assert export.counts["piece"] == PIECES + 1


def test_what_comes_on_air_meanwhile_has_its_piece_in_the_file(
    archive: Database, tmp_path: Path
) -> None:
    late = make_piece(seed=300, bars=2, z_size=4)  # made as early as the others, stored late

    def on_air(_: int) -> None:
        keep(archive, [AiredPiece(airing_of(late, 20), late)])

    export_to(archive, tmp_path / "x", "csv").run(on_air)
    pieces = {row["id"] for row in rows_of(tmp_path / "x", "pieces")}
    assert {row["piece_id"] for row in rows_of(tmp_path / "x", "airings")} == pieces - {UNHEARD.id}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("scope", [Scope(), Scope("main", BEGAN)], ids=["all", "part"])
def test_sqlite_reads_a_page_by_an_index(sqlite: Database, kind: Kind, scope: Scope) -> None:
    page = next(walk(sqlite, kind, Scope(), page_rows=1))
    query = page_query(kind, scope, page.cursor, 1)
    with sqlite.reading() as connection:
        statement = query.compile(connection.engine, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
    steps = [row.detail for row in plan]
    assert [step for step in steps if step.startswith(f"SEARCH {kind.plural} USING")]
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps


def test_others_open_the_csv_files(sqlite: Database, tmp_path: Path) -> None:
    """SQLite's own shell reads them, and joins them."""
    folder, shell = exported(sqlite, tmp_path / "csv", "csv"), shutil.which("sqlite3")
    if shell is None:
        pytest.skip("sqlite3 is not installed")
    script = f""".mode csv
.import {folder}/pieces.csv pieces
.import {folder}/airings.csv airings
SELECT count(*), sum(length_seconds) FROM airings JOIN pieces ON pieces.id = piece_id;"""
    done = subprocess.run([shell], input=script, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"{PIECES + 2},{(PIECES + 2) * make_piece(bars=2).seconds}"]
