"""`latentfm import` says what it made, what is missing, and where the official downloads are."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from generators.errors import WeightsError
from generators.magenta.published import PUBLISHED
from generators.weights import open_model
from station.import_command import add_to
from station.settings import Settings
from tests.generators.magenta.bundles import SMALL, random_variables, write_bundle


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers().add_parser)
    parsed = parser.parse_args(["import", *map(str, arguments)])
    parsed.settings = Settings()
    status: int = parsed.command(parsed)
    return status


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_bundle(tmp_path / "model", random_variables(SMALL))
    return tmp_path


def test_a_model_is_put_where_models_are(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("model", "--name", "trio") == 0
    assert open_model(here / "data" / "models" / "trio").facts["source"] == "model"
    assert "trio: hierdec-trio_16bar, 256 steps of melody, bass, drums" in capsys.readouterr().out


def test_what_the_encoder_lacks_is_listed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole: dict[str, np.ndarray] = random_variables(SMALL)
    write_bundle(here / "model", {n: v for n, v in whole.items() if n != "encoder/mu/bias"})
    run("model", "--name", "trio", "-o", here / "out")
    assert capsys.readouterr().out.endswith("cannot encode. Missing:\n  encoder/mu/bias\n")


def test_every_official_download_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--list") == 0
    listed = capsys.readouterr().out
    for checkpoint in PUBLISHED.values():
        assert checkpoint.name in listed
        assert checkpoint.url in listed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["model"], "what to call it"),
        (["--name", "x"], "what to import"),
        (["model", "--name", "a/b"], "no / in it"),
        (["nowhere", "--name", "x"], "there is nothing at nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(here: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        run(*arguments)
    assert not (here / "data").exists()
