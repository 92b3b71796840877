"""`groove train`, as an operator types it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from generators.groove.drummer import load_drummer
from station.cli import run
from station.programme import Programme
from tests.generators.drummers import write_dataset


async def never(programme: Programme, announce: Callable[[int], None]) -> None:
    raise AssertionError("nobody asked to go on air")


def train(*arguments: str | Path) -> int:
    return run(never, ["groove", "train", *map(str, arguments)])


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "drummers", bars=2)


def test_a_model_is_made_that_can_drum(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    assert train(dataset, "-o", folder, "--minutes", "0.01") == 0
    assert load_drummer(folder).touch(np.ones(16, np.int16)).sha256
    assert "this model: velocity off by" in capsys.readouterr().out


def test_its_card_says_how_far_it_is_off_and_thanks_the_drummers(
    dataset: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    assert train(dataset, "-o", folder, "--minutes", "0.01") == 0
    card = (folder / "README.md").read_text()
    assert "| by drum and place in the bar | 0.0 | 0.1 | 0.0 | 0.1 |" in card
    assert "Attribution 4.0" in card
    assert "48 hits of 2 recordings" in card


def test_a_folder_without_drummers_is_an_error_in_plain_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path, "-o", tmp_path / "model") == 1
    assert "it takes the Groove MIDI Dataset" in capsys.readouterr().err


def test_no_time_at_all_is_refused(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(dataset, "-o", tmp_path / "model", "--minutes", "0") == 1
    assert "--minutes must be above 0" in capsys.readouterr().err
