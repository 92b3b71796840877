"""`corpus build`, as an operator types it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generators.corpus import Corpus
from station.cli import run
from station.programme import Programme
from tests.generators.songs import hymn, write_song


async def never(programme: Programme, announce: Callable[[int], None]) -> None:
    raise AssertionError("nobody asked to go on air")


def build(*arguments: str | Path) -> int:
    return run(never, ["corpus", "build", *map(str, arguments), "--jobs", "1"])


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    folder = tmp_path / "songs"
    folder.mkdir()
    write_song(folder / "song.mid", 1)
    (folder / "hymn.abc").write_text(hymn(1))
    (folder / "broken.mxl").write_bytes(b"no score")
    return folder


def test_a_corpus_is_written_and_reported(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(songs, "-o", tmp_path / "corpus.npz", "--arrangements", "0") == 0
    report = capsys.readouterr().out
    assert "songs: 2 of 3 files, 10 trio windows" in report
    assert "rejected songs/broken.mxl: not a readable score" in report
    assert len(Corpus.load(tmp_path / "corpus.npz").windows) == 10


def test_nothing_but_the_corpus_stays(songs: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert build(songs, "-o", tmp_path / "out" / "corpus.npz", "--arrangements", "0") == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["corpus.npz"]


def test_impossible_numbers_are_refused(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(songs, "-o", tmp_path / "corpus.npz", "--arrangements", "-1") == 1
    assert "--arrangements must be 0 to 64" in capsys.readouterr().err
