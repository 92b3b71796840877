"""magenta-js and deeplearn.js folders are read to the digit, or refused with what is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.errors import WeightsError
from generators.magenta import source, tfjs
from tests.generators.magenta.bundles import (
    SMALL,
    published_folder,
    random_variables,
    write_length,
    write_web_checkpoint,
)
from tests.generators.magenta.golden import golden_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_web_checkpoint(tmp_path / "web", random_variables(SMALL), shard_bytes=40_009)


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("group1-shard*"), key=lambda path: (len(path.name), path.name))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_real_folder_of_few_bytes_a_weight_is_near_the_full_one(dtype: str) -> None:
    full = dict(tfjs.read_variables(golden_folder("magenta-js-trio_4bar/float32")))
    small = golden_folder(f"magenta-js-trio_4bar/{dtype}")
    manifest = json.loads((small / "weights_manifest.json").read_text())
    scales = {w["name"]: w["quantization"]["scale"] for w in manifest[0]["weights"]}
    for name, values in tfjs.read_variables(small):
        assert values.dtype == np.float32
        assert np.abs(values - full[name]).max() <= 0.501 * scales[name] + 1e-6


@given(
    values=st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=60),
    dtype=st.sampled_from(["float32", "uint8", "uint16"]),
    shard_bytes=st.integers(1, 70),
)
def test_any_shards_hold_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, values: list[float], dtype: str, shard_bytes: int
) -> None:
    folder = tmp_path_factory.mktemp("web") / "model"
    written = np.array(values, np.float32)
    arrays = {"a": written, "b": written[::-1].copy()}
    write_web_checkpoint(folder, arrays, dtype=dtype, shard_bytes=shard_bytes)
    read = dict(tfjs.read_variables(folder))
    shutil.rmtree(folder.parent)
    step = {"float32": 0, "uint8": 18 / 255, "uint16": 18 / 65535}[dtype]
    for name, expected in arrays.items():
        np.testing.assert_allclose(read[name], expected, atol=0.51 * step)


def test_missing_shards_are_named_with_the_variables_in_them(folder: Path) -> None:
    first, second, *_ = shards(folder)
    last = list(random_variables(SMALL))[-1]
    first.unlink()
    second.unlink()
    with pytest.raises(WeightsError, match=rf"{first.name}, {second.name} are missing") as caught:
        list(tfjs.read_variables(folder))
    assert next(iter(random_variables(SMALL))) in str(caught.value)
    assert last not in str(caught.value)


@pytest.mark.parametrize("which", [1, -1])
def test_the_shard_that_is_cut_short_is_named(folder: Path, which: int) -> None:
    shard = shards(folder)[which]
    size = shard.stat().st_size
    shard.write_bytes(shard.read_bytes()[:-3])
    with pytest.raises(WeightsError, match=rf"{shard.name} \({size - 3:,} bytes\) cut short"):
        list(tfjs.read_variables(folder))


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"paths": ["../x"], "weights": []}]'])
def test_a_manifest_of_nothing_is_refused(folder: Path, text: str) -> None:
    (folder / "weights_manifest.json").write_text(text)
    with pytest.raises(WeightsError, match=r"weights_manifest\.json is not a manifest"):
        list(tfjs.read_variables(folder))


def test_a_way_of_storing_that_nobody_published_is_named(folder: Path) -> None:
    manifest = (folder / "weights_manifest.json").read_text()
    quantized = '"float32", "quantization": {"dtype": "float16"}'
    (folder / "weights_manifest.json").write_text(manifest.replace('"float32"', quantized, 1))
    with pytest.raises(WeightsError, match=r"kernel is stored as float16; only float32, uint8"):
        list(tfjs.read_variables(folder))


def test_leftovers_of_cudnn_are_left_out(tmp_path: Path) -> None:
    arrays = {"a/opaque_kernel": np.ones(7, np.float32), "a/kernel": np.ones((2, 2), np.float32)}
    folder = write_web_checkpoint(tmp_path / "web", arrays, dtype="uint8")
    assert source.list_variables(folder) == {"a/kernel": (2, 2)}


def test_a_folder_says_how_long_its_music_is(folder: Path) -> None:
    write_length(folder, steps=64, bars=4)
    with source.open_source(folder) as opened:
        assert opened.length == source.Length(steps=64, bars=4)


def test_a_length_that_cannot_be_is_refused(folder: Path) -> None:
    write_length(folder, steps=63, bars=4)
    with pytest.raises(WeightsError, match=r"config\.json .*63 steps cannot be 4 bars"):
        source.list_variables(folder)


def test_a_real_decoder_lists_the_kernels_that_it_lacks() -> None:
    with source.open_source(published_folder("magenta-mel_2bar_small-decoder")) as opened:
        assert len(opened.variables.shapes) == 14
        assert [name for name in opened.variables.absent if name.endswith("kernel")] == list(
            opened.variables.absent
        )
        assert opened.licence == "Apache License"
        assert opened.length == source.Length(steps=32, bars=1)


def test_a_file_of_a_deeplearn_folder_that_is_cut_short_is_named(tmp_path: Path) -> None:
    (tmp_path / "a_bias").write_bytes(bytes(11))
    manifest = {"a/bias": {"filename": "a_bias", "shape": [3]}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(WeightsError, match=r"a_bias is cut short.*a/bias.*12 bytes.*file 11"):
        list(source.read_variables(tmp_path))


def test_a_deeplearn_folder_reads_as_it_was_written(tmp_path: Path) -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    (tmp_path / "a_kernel").write_bytes(values.tobytes())
    manifest = {"a/kernel": {"filename": "a_kernel", "shape": [2, 3]}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    np.testing.assert_array_equal(dict(source.read_variables(tmp_path))["a/kernel"], values)
