"""A checkpoint becomes a model folder, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from generators.errors import WeightsError
from generators.magenta.config import MAGENTA_CONFIGS, MagentaConfig
from generators.magenta.importing import Imported, import_model
from generators.magenta.published import PUBLISHED
from generators.magenta.recognise import check, recognise
from generators.magenta.source import Length
from generators.magenta.variables import expected_variables
from generators.weights import open_model
from tests.generators.magenta.bundles import (
    SMALL,
    published_folder,
    random_variables,
    write_bundle,
    write_length,
    write_web_checkpoint,
)
from tests.generators.magenta.golden import SETS, golden_folder

FIRST = "encoder/cell_0/bidirectional_rnn/fw/multi_rnn_cell/cell_0/lstm_cell/kernel"
DRUM_KERNEL = "core_decoder/core_decoder_2/decoder/output_projection/kernel"


@pytest.fixture
def variables() -> dict[str, np.ndarray]:
    return random_variables(SMALL)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    """Where to import to; nothing half-written may stay beside it."""
    yield tmp_path / "models" / "mine"
    assert not list(tmp_path.rglob("*.partial"))


def imported(tmp_path: Path, target: Path, variables: dict[str, np.ndarray]) -> Imported:
    write_bundle(tmp_path / "model", variables)
    return import_model(tmp_path / "model", target, name="Mine", quiet=True)


def test_a_bundle_becomes_a_folder_that_opens(
    tmp_path: Path, target: Path, variables: dict[str, np.ndarray]
) -> None:
    made = imported(tmp_path, target, variables)
    assert open_model(target).name == "Mine"
    assert open_model(target).config == made.config == SMALL
    assert (made.encoder, made.missing) == ("mu and sigma", ())


def test_the_safetensors_library_reads_what_is_streamed(
    tmp_path: Path, target: Path, variables: dict[str, np.ndarray]
) -> None:
    imported(tmp_path, target, variables)
    read = load_file(target / "model.safetensors")
    assert read.keys() == variables.keys()
    for name, values in variables.items():
        np.testing.assert_array_equal(read[name], values)


def test_a_folder_says_what_it_was_made_of(
    tmp_path: Path, target: Path, variables: dict[str, np.ndarray]
) -> None:
    (tmp_path / "LICENSE").write_text("\n  Apache License\n  Version 2.0\n")
    imported(tmp_path, target, variables)
    facts = json.loads((target / "model.json").read_text())["facts"]
    index = (tmp_path / "model.index").read_bytes()
    assert facts["files"]["model.index"] == hashlib.sha256(index).hexdigest()
    assert facts["files"].keys() == {"model.index", "model.data-00000-of-00001"}
    assert (facts["licence"], facts["encoder"]) == ("Apache License", "mu and sigma")


def test_an_archive_gives_the_weights_of_the_folder_in_it(
    tmp_path: Path, target: Path, variables: dict[str, np.ndarray]
) -> None:
    imported(tmp_path, target, variables)
    with tarfile.open(tmp_path / "published.tar", "w") as tar:
        for file in tmp_path.glob("model.*"):
            tar.add(file, file.name)
    again = import_model(tmp_path / "published.tar", target / "tar", name="Tar", quiet=True)
    assert open_model(again.path).sha256 == open_model(target).sha256
    assert open_model(again.path).facts["files"].keys() == {"published.tar"}


@pytest.mark.parametrize("name", SETS)
def test_a_golden_set_is_recognised_by_its_shapes(name: str, target: Path) -> None:
    made = import_model(golden_folder(name), target, name=name, quiet=True)
    described = json.loads((golden_folder(name) / "config.json").read_text())
    assert made.config.steps == described["hparams"]["max_seq_len"]
    assert made.config.bars == (described["level_lengths"] or [1])[0]
    assert made.config.decoder == tuple(described["hparams"]["dec_rnn_size"])
    assert made.config.z_size == described["hparams"]["z_size"]
    assert made.config.name.startswith(name)
    assert made.encoder == "mu and sigma"


@pytest.mark.parametrize("dtype", ["float32", "uint8", "uint16"])
def test_a_golden_folder_of_magenta_js_is_recognised(dtype: str, target: Path) -> None:
    folder = golden_folder(f"magenta-js-trio_4bar/{dtype}")
    config = import_model(folder, target, name="Trio", quiet=True).config
    assert (config.name, config.steps, config.bars) == ("hier-trio_4bar", 64, 4)


@pytest.mark.parametrize("config", MAGENTA_CONFIGS.values(), ids=lambda config: config.name)
def test_a_published_config_is_recognised(config: MagentaConfig) -> None:
    shapes = expected_variables(config)
    length = Length(config.steps, config.bars)
    assert recognise(shapes, length=length) == config
    assert recognise(shapes, name=config.name) == config
    assert replace(recognise(shapes), name="", steps=0) == replace(config, name="", steps=0)


def test_a_given_config_says_how_long_small_models_play() -> None:
    shapes = expected_variables(replace(MAGENTA_CONFIGS["hier-trio_4bar"], z_size=9))
    by_shapes = recognise(shapes)
    named = recognise(shapes, name="hier-trio_16bar")
    assert (by_shapes.bars, named.bars, named.z_size) == (4, 16, 9)


def test_a_folder_knows_better_than_the_table_how_long_it_plays(
    tmp_path: Path, target: Path
) -> None:
    config = MAGENTA_CONFIGS["groovae_4bar"]
    small = replace(config, encoder=(4,), decoder=(3, 3))
    folder = write_web_checkpoint(tmp_path / "web", random_variables(small))
    write_length(folder, steps=16)
    made = import_model(folder, target, name="Tap", config="groovae_4bar", quiet=True)
    assert made.config.steps == 16


def test_a_config_of_another_kind_is_refused_with_the_first_shape(
    tmp_path: Path, target: Path, variables: dict[str, np.ndarray]
) -> None:
    write_bundle(tmp_path / "model", variables)
    expected = rf"{FIRST} has the shape \[697, 20\], where cat-mel_2bar_small has \[602, 2048\]"
    with pytest.raises(WeightsError, match=expected):
        import_model(tmp_path / "model", target, name="x", config="cat-mel_2bar_small", quiet=True)


def test_an_unknown_config_is_answered_with_the_known_ones(
    tmp_path: Path, target: Path, variables: dict[str, np.ndarray]
) -> None:
    write_bundle(tmp_path / "model", variables)
    with pytest.raises(WeightsError, match=r"no config 'trio'; there are cat-mel_2bar_small, "):
        import_model(tmp_path / "model", target, name="x", config="trio", quiet=True)


@pytest.mark.parametrize("name", [*expected_variables(SMALL)])
def test_the_one_variable_of_a_wrong_shape_is_named(name: str) -> None:
    shapes = expected_variables(SMALL)
    shapes[name] = (*shapes[name][:-1], shapes[name][-1] + 4)
    with pytest.raises(WeightsError, match=rf"^{re.escape(name)} has the shape \["):
        check(recognise(shapes), shapes)


@pytest.mark.parametrize("name", [n for n in expected_variables(SMALL) if "encoder/" not in n])
def test_the_one_variable_that_a_decoder_lacks_is_named(name: str) -> None:
    shapes = expected_variables(SMALL)
    del shapes[name]
    with pytest.raises(WeightsError, match=rf"the decoder of hierdec-trio_16bar lacks {name}$"):
        check(recognise(shapes), shapes)


def test_more_than_ten_missing_variables_are_counted() -> None:
    shapes = {n: s for n, s in expected_variables(SMALL).items() if "core_decoder_1" not in n}
    del shapes[DRUM_KERNEL]
    shapes = {n: s for n, s in shapes.items() if "hierarchical_level_0/cell_1" not in n}
    with pytest.raises(WeightsError, match=r"lacks (\S+, ){9}\S+ and 1 more$"):
        check(recognise(shapes), shapes)


def test_an_unknown_variable_is_named(
    tmp_path: Path, target: Path, variables: dict[str, np.ndarray]
) -> None:
    variables["decoder/chorus/kernel"] = np.ones((2, 2), np.float32)
    with pytest.raises(WeightsError, match="no such variable as decoder/chorus/kernel"):
        imported(tmp_path, target, variables)


def test_another_kind_of_model_is_refused(tmp_path: Path, target: Path) -> None:
    with pytest.raises(WeightsError, match=r"not a MusicVAE's.*rnn/kernel"):
        imported(tmp_path, target, {"rnn/kernel": np.ones((2, 2), np.float32)})


@pytest.mark.parametrize(("gone", "left"), [("encoder/sigma", "mu"), ("encoder/", "none")])
def test_a_model_without_all_of_its_encoder_is_imported(
    tmp_path: Path, target: Path, variables: dict[str, np.ndarray], gone: str, left: str
) -> None:
    rest = {name: values for name, values in variables.items() if not name.startswith(gone)}
    made = imported(tmp_path, target, rest)
    assert made.encoder == open_model(target).facts["encoder"] == left
    assert all(name.startswith(gone) for name in made.missing)


@pytest.mark.parametrize("byte", [5, -5])
def test_an_altered_file_leaves_nothing(
    tmp_path: Path, target: Path, variables: dict[str, np.ndarray], byte: int
) -> None:
    write_bundle(tmp_path / "model", variables)
    file = tmp_path / "model.data-00000-of-00001"
    data = bytearray(file.read_bytes())
    data[byte] ^= 0x40
    file.write_bytes(data)
    with pytest.raises(WeightsError, match="is altered: the CRC of"):
        import_model(tmp_path / "model", target, name="x", quiet=True)
    assert not target.exists()


def test_a_folder_that_is_there_is_not_overwritten(
    tmp_path: Path, target: Path, variables: dict[str, np.ndarray]
) -> None:
    target.mkdir(parents=True)
    with pytest.raises(WeightsError, match=rf"{target} exists"):
        imported(tmp_path, target, variables)
    assert not list(target.iterdir())


def test_what_a_crash_left_is_cleared_away(
    tmp_path: Path, target: Path, variables: dict[str, np.ndarray]
) -> None:
    (target.parent / "mine.partial" / "old").mkdir(parents=True)
    imported(tmp_path, target, variables)
    assert {file.name for file in target.iterdir()} == {"model.json", "model.safetensors"}


def test_a_real_decoder_is_imported(target: Path) -> None:
    folder = published_folder("magenta-mel_2bar_small-decoder")
    made = import_model(folder, target, name="Melodies", quiet=True)
    assert made.config == MAGENTA_CONFIGS["cat-mel_2bar_small"]
    assert made.encoder == "none"
    assert len(made.missing) == 2


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("drums_2bar_small", "lacks decoder/multi_rnn_cell/cell_0/lstm_cell/kernel$"),
        ("mel_2bar_small-tfjs", "group1-shard1of5.*group1-shard4of5 are missing.*encoder/sigma"),
        ("trio_4bar", "group1-shard1of5.*group1-shard4of5 are missing.*and 27 more$"),
    ],
)
def test_a_real_part_of_a_checkpoint_is_refused(name: str, missing: str, target: Path) -> None:
    with pytest.raises(WeightsError, match=missing):
        import_model(published_folder(f"magenta-{name}-PARTIAL"), target, name="x", quiet=True)


def test_the_official_downloads_name_configs_that_there_are() -> None:
    configs = {checkpoint.config for checkpoint in PUBLISHED.values()} - {None}
    assert configs <= MAGENTA_CONFIGS.keys()
    assert len({checkpoint.url for checkpoint in PUBLISHED.values()}) == len(PUBLISHED)


MEASURE = """
import resource, sys
from pathlib import Path
from generators.magenta.importing import import_model
def peak():  # bytes
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
import_model(Path(sys.argv[1]), Path(sys.argv[2]), name="Large", quiet=True)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
def test_importing_needs_little_more_than_the_largest_tensor(tmp_path: Path, target: Path) -> None:
    large = replace(MAGENTA_CONFIGS["cat-mel_2bar_small"], encoder=(1400,))
    write_bundle(tmp_path / "model", random_variables(large), shards=2)
    largest = 4 * (90 + 1400) * 4 * 1400
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "model"), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1.5 * largest
