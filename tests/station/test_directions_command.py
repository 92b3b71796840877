"""`directions`, as whoever trained a model types it."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from generators.corpus import build
from generators.directions import load_directions
from generators.errors import GeneratorError
from generators.music import PARTS
from generators.weights import ModelFolder
from station.directions_command import add_to
from tests.generators.songs import write_song

Directions = Callable[..., int]


@pytest.fixture
def model(model_folder: ModelFolder, tmp_path: Path) -> Path:
    """A folder of its own: the command writes to it."""
    return Path(shutil.copytree(model_folder.path, tmp_path / "tiny"))


@pytest.fixture
def directions(model: Path, tmp_path: Path) -> Directions:
    songs = tmp_path / "songs"
    songs.mkdir()
    for seed in range(12):
        write_song(songs / f"song{seed:02}.mid", seed)
    corpus = build([songs])
    tokens = corpus.tokens.copy()
    for file, part, offset, steps in corpus.tracks:
        if PARTS[part] == "drums" and file % 2:
            tokens[offset : offset + steps : 4] = 0  # another beat than the other songs have
    replace(corpus, tokens=tokens).save(tmp_path / "corpus.npz")
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers().add_parser)

    def run(*arguments: str) -> int:
        given = ["--model", str(model), "--corpus", str(tmp_path / "corpus.npz"), *arguments]
        parsed = parser.parse_args(["directions", *given])
        status: int = parsed.command(parsed)
        return status

    return run


def test_directions_are_put_beside_the_weights(
    directions: Directions, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name for path in model.iterdir()}
    assert directions("--windows", "64", "--samples", "2") == 0
    assert load_directions(model) is not None
    assert {path.name for path in model.iterdir()} - before == {"directions.npz"}
    assert "means of 2 samples" in capsys.readouterr().out


def test_impossible_numbers_are_refused(directions: Directions) -> None:
    with pytest.raises(GeneratorError, match="64 windows"):
        directions("--windows", "1")
    with pytest.raises(GeneratorError, match="--threads"):
        directions("--threads", "0")
