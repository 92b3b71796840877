"""A model folder opens whole, or says what is wrong with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

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
from tests.generators.magenta.tiny import tiny_config, tiny_latents, tiny_variables
from tests.generators.magenta.tiny import tiny_model as tiny_magenta
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


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    """A folder of Magenta's family, as an import leaves it."""
    path = tmp_path / "imported"
    path.mkdir()
    config = tiny_config("cat-mel_2bar_small")
    save_file(tiny_variables(config), path / WEIGHTS)
    description = {
        "family": "magenta",
        "config": asdict(config),
        "sha256": hashlib.sha256((path / WEIGHTS).read_bytes()).hexdigest(),
        "facts": {"name": "Melodies", "encoder": "mu and sigma"},
    }
    (path / DESCRIPTION).write_text(json.dumps(description))
    return path


def test_a_model_of_magentas_opens_as_what_it_is(imported: Path) -> None:
    opened = open_model(imported)
    assert (opened.family, opened.name) == ("magenta", "Melodies")
    assert opened.config == tiny_config("cat-mel_2bar_small")


def test_our_models_are_of_our_family(folder: Path) -> None:
    assert open_model(folder).family == "latentfm"


def test_a_model_of_magentas_sings_what_its_variables_say(imported: Path) -> None:
    loaded, made = load_model(open_model(imported)), tiny_magenta("cat-mel_2bar_small")
    z = tiny_latents(made, 2)
    assert torch.equal(
        loaded.decode(z, temperature=1.0).tokens, made.decode(z, temperature=1.0).tokens
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("family", "vq-vae", "of the family 'vq-vae', which is not known"),
        ("family", ["magenta"], "does not describe a model"),
        ("config", {"name": "x"}, "does not describe a model"),
        ("config", [1], "does not describe a model"),
    ],
)
def test_a_description_of_another_kind_is_refused(
    imported: Path, field: str, value: object, message: str
) -> None:
    description = json.loads((imported / DESCRIPTION).read_text()) | {field: value}
    (imported / DESCRIPTION).write_text(json.dumps(description))
    with pytest.raises(WeightsError, match=message):
        open_model(imported)


def test_a_width_in_letters_is_refused(imported: Path) -> None:
    description = json.loads((imported / DESCRIPTION).read_text())
    description["config"]["z_size"] = "six"
    (imported / DESCRIPTION).write_text(json.dumps(description))
    with pytest.raises(WeightsError, match="does not describe a model"):
        open_model(imported)


def test_variables_that_do_not_fit_the_description_are_named(imported: Path) -> None:
    description = json.loads((imported / DESCRIPTION).read_text())
    description["config"]["z_size"] += 1
    (imported / DESCRIPTION).write_text(json.dumps(description))
    with pytest.raises(WeightsError, match=rf"{WEIGHTS} does not fit .*encoder/mu/kernel"):
        load_model(open_model(imported))
