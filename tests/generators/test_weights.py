"""A model folder opens whole, or says what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from generators.errors import WeightsError
from generators.model import MusicVAE
from generators.sampler import Sampler
from generators.weights import (
    DESCRIPTION,
    SHIPPED_MODEL,
    WEIGHTS,
    load_model,
    open_model,
    save_model,
)
from tests.generators.test_sampler import plan
from tests.generators.tiny import TINY


@pytest.fixture
def folder(model: MusicVAE, tmp_path: Path) -> Path:
    save_model(model, tmp_path / "model", {"name": "Tiny No. 1"})
    return tmp_path / "model"


def test_a_saved_model_opens_as_it_was(folder: Path) -> None:
    opened = open_model(folder)
    assert (opened.config, opened.name) == (TINY, "Tiny No. 1")


def test_a_loaded_model_sings_the_same_notes(folder: Path, sampler: Sampler) -> None:
    again = Sampler(load_model(open_model(folder)), torch.device("cpu"))
    np.testing.assert_array_equal(again.decode(*plan(1)), sampler.decode(*plan(1)))


def test_equal_weights_have_equal_hashes(folder: Path, model: MusicVAE, tmp_path: Path) -> None:
    save_model(model, tmp_path / "other", {})
    assert open_model(tmp_path / "other").sha256 == open_model(folder).sha256


@pytest.mark.parametrize("keep", [0, 0.5, 0.999])
def test_weights_cut_short_are_named(folder: Path, keep: float) -> None:
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[: int(keep * len(data))])
    with pytest.raises(WeightsError, match=rf"{WEIGHTS}.*cut short or altered"):
        open_model(folder)


def test_missing_weights_are_named_with_the_setting_to_change(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    with pytest.raises(WeightsError, match=rf"{WEIGHTS} are missing.*\[generator\] model"):
        open_model(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no model at .*nowhere"):
        open_model(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"config": {"name": "x"}, "sha256": ""}'])
def test_a_description_of_nothing_is_refused(folder: Path, text: str) -> None:
    (folder / DESCRIPTION).write_text(text)
    with pytest.raises(WeightsError, match="does not describe a model"):
        open_model(folder)


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    description = json.loads((folder / DESCRIPTION).read_text())
    description["config"]["decoder"] += 1
    (folder / DESCRIPTION).write_text(json.dumps(description))
    with pytest.raises(WeightsError, match="of another shape"):
        load_model(open_model(folder))


def test_the_model_we_ship_is_whole() -> None:
    assert open_model(SHIPPED_MODEL).config.bars == 4
