"""`latentfm export` and `import-archive`: what an operator types, and what it answers."""

from __future__ import annotations

import argparse
from pathlib import Path

import mido
import pytest

from station import export_command, import_archive_command
from station.errors import StationError
from station.settings import Settings, StorageSettings
from storage.database import Database
from storage.errors import ArchiveFileError, ExportError
from tests.pieces import make_piece
from tests.storage.archives import PIECES, keep, records


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A station with an archive, which no test changes."""
    settings = Settings(storage=StorageSettings(folder=tmp_path_factory.mktemp("here")))
    database = Database.open(f"sqlite:///{settings.storage.folder}/latentfm.db")
    keep(database, records())
    database.close()
    return settings


def run(settings: Settings, *arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add = parser.add_subparsers().add_parser
    export_command.add_to(add)
    import_archive_command.add_to(add)
    parsed = parser.parse_args([*map(str, arguments)])
    parsed.settings = settings
    status: int = parsed.command(parsed)
    return status


def test_midi_has_a_file_a_piece_that_others_read(here: Settings, tmp_path: Path) -> None:
    run(here, "export", "--format", "midi", "-o", tmp_path / "midi")
    files = sorted((tmp_path / "midi").glob("2026/01/01/*.mid"))
    assert len(files) == PIECES + 2
    piece = make_piece(seed=3, bars=2, z_size=4)
    tracks = mido.MidiFile(tmp_path / f"midi/2026/01/01/piece-3-{piece.id}.mid").tracks
    struck = [m for m in tracks[1] if m.type == "note_on" and m.velocity]
    assert len(struck) == len(piece.trio.melody)


def test_it_says_what_there_was(
    here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(here, "export", "--format", "jsonl", "-o", tmp_path / "a.jsonl", "--station", "loft")
    assert "1 joins, 1 airings, 1 broadcasts, 1 pieces" in capsys.readouterr().out
    run(here, "export", "--format", "jsonl", "-o", tmp_path / "b.jsonl", "--station", "nowhere")
    assert "nothing was on air" in capsys.readouterr().out


def test_a_second_export_does_not_replace_the_first(here: Settings, tmp_path: Path) -> None:
    line = ("export", "--format", "csv", "-o", tmp_path / "csv")
    run(here, *line)
    with pytest.raises(ExportError, match="--force"):
        run(here, *line)
    assert run(here, *line, "--force") == 0


def test_times_that_are_no_span_are_refused(here: Settings, tmp_path: Path) -> None:
    line = ("export", "--format", "csv", "-o", tmp_path / "csv", "--from", "2026-02-01")
    with pytest.raises(StationError, match="the end must come later"):
        run(here, *line, "--to", "2026-01-01")
    with pytest.raises(SystemExit):
        run(here, *line, "--to", "yesterday")


def test_an_archive_is_brought_in(
    here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = Settings(storage=StorageSettings(folder=tmp_path / "there"))
    run(here, "export", "--format", "jsonl", "-o", tmp_path / "folder")
    run(there, "import-archive", tmp_path / "folder", "--dry-run")
    assert not (tmp_path / "there").exists()
    run(there, "import-archive", tmp_path / "folder")
    run(there, "import-archive", tmp_path / "folder")
    said = capsys.readouterr().out
    assert "all of them sound; nothing was changed" in said
    assert f"{PIECES + 2} pieces, " in said
    assert "nothing new, 27 records were there" in said


def test_something_else_is_refused(here: Settings, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("{}\n")
    with pytest.raises(ArchiveFileError, match="line 1: this is no archive"):
        run(here, "import-archive", tmp_path / "x.jsonl")
