"""A configuration tells the name and shape of every variable in its checkpoint."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from generators.magenta.config import MAGENTA_CONFIGS
from generators.magenta.variables import expected_variables, is_leftover
from tests.generators.magenta.golden import SETS, golden_config, golden_folder

SHARED = Path(__file__).parents[4] / "shared"
PUBLISHED_MELODIES = SHARED / "checkpoints" / "magenta-mel_2bar_small-decoder" / "manifest.json"

WEIGHTS = {  # of the published models
    "cat-mel_2bar_small": 4_423_770,
    "cat-mel_2bar_big": 134_571_098,
    "cat-drums_2bar_small": 4_636_672,
    "cat-drums_2bar_big": 137_582_080,
    "nade-drums_2bar_reduced": 13_819_273,
    "nade-drums_2bar_full": 14_391_741,
    "flat-mel_16bar": 235_250_778,
    "hierdec-mel_16bar": 176_061_530,
    "hier-mel_16bar": 72_547_418,
    "flat-trio_16bar": 251_279_028,
    "hierdec-trio_16bar": 230_975_156,
    "hier-trio_16bar": 122_529_460,
    "groovae_4bar": 4_085_019,
    "groovae_2bar": 4_085_019,
    "groovae_2bar_hits_control": 4_131_099,
}


@pytest.mark.parametrize("name", SETS)
def test_the_names_are_those_magenta_wrote(name: str) -> None:
    folder = golden_folder(name)
    listed = json.loads((folder / "variables.json").read_text())
    wrote = {v["name"]: tuple(v["shape"]) for v in listed if not is_leftover(v["name"])}
    assert expected_variables(golden_config(folder)) == wrote


@pytest.mark.parametrize(("name", "weights"), WEIGHTS.items())
def test_a_model_has_as_many_weights_as_published(name: str, weights: int) -> None:
    shapes = expected_variables(MAGENTA_CONFIGS[name]).values()
    assert sum(math.prod(shape) for shape in shapes) == weights


def test_the_published_melody_model_has_these_names() -> None:
    if not PUBLISHED_MELODIES.is_file():
        pytest.skip(f"the published model is not at {PUBLISHED_MELODIES}")
    listed = json.loads(PUBLISHED_MELODIES.read_text())
    wrote = {n: tuple(v["shape"]) for n, v in listed.items() if not is_leftover(n)}
    assert expected_variables(MAGENTA_CONFIGS["cat-mel_2bar_small"]) == wrote


@pytest.mark.parametrize(
    "name",
    [
        "global_step",
        "beta1_power",
        "beta2_power",
        "encoder/mu/kernel/Adam",
        "encoder/mu/bias/Adam_1",
        "core_decoder/core_decoder_2/decoder/cudnn_lstm/opaque_kernel",
        "decoder/cudnn_lstm/opaque_kernel/Adam_1",
    ],
)
def test_what_training_left_behind_is_no_part_of_the_model(name: str) -> None:
    assert is_leftover(name)


@pytest.mark.parametrize("name", MAGENTA_CONFIGS)
def test_no_variable_of_a_model_is_taken_for_a_leftover(name: str) -> None:
    assert not any(map(is_leftover, expected_variables(MAGENTA_CONFIGS[name])))
