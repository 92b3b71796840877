"""TensorFlow's checkpoints are read as TensorFlow wrote them, or refused with what is wrong."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.errors import WeightsError
from generators.magenta import bundle, source
from generators.magenta.sstable import TableError, entries, varint
from tests.generators.magenta import bundles
from tests.generators.magenta.bundles import write_bundle
from tests.generators.magenta.golden import SETS, golden_folder

DATA = "model.data-00000-of-00001"


def some_variables() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    shapes: dict[str, tuple[int, ...]] = {"a/kernel": (3, 5), "a/bias": (5,), "b": (2, 1, 4)}
    return {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "model", some_variables())
    return tmp_path


@pytest.mark.parametrize("name", SETS)
def test_a_real_bundle_reads_as_tensorflow_wrote_it(name: str) -> None:
    described = json.loads((golden_folder(name) / "variables.json").read_text())
    written = {variable["name"]: variable for variable in described}
    for variable, values in bundle.read_variables(golden_folder(name) / "checkpoint"):
        expected = written[variable]
        assert list(values.shape) == expected["shape"]
        assert values.sum(dtype=np.float64) == pytest.approx(expected["sum"], abs=1e-6)
        assert values.flat[0] == expected["first"][0]


def test_optimizer_slots_are_left_out() -> None:
    names = [
        name for name, _ in bundle.read_variables(golden_folder("cat-drums_2bar") / "checkpoint")
    ]
    assert len(names) == 16
    assert not [name for name in names if "Adam" in name or "power" in name or "step" in name]


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("keys_a_block", [1, 1000])
def test_what_is_written_is_read(tmp_path: Path, shards: int, keys_a_block: int) -> None:
    written = some_variables()
    prefix = tmp_path / "model.ckpt-7"
    write_bundle(prefix, written, shards=shards, keys_a_block=keys_a_block)
    read = dict(source.read_variables(prefix))
    assert read.keys() == written.keys()
    for name, values in written.items():
        np.testing.assert_array_equal(read[name], values)


@pytest.mark.parametrize("path", ["", "model", "model.index", DATA])
def test_a_bundle_is_found_by_its_folder_or_any_of_its_files(folder: Path, path: str) -> None:
    assert source.list_variables(folder / path) == {
        "a/bias": (5,),
        "a/kernel": (3, 5),
        "b": (2, 1, 4),
    }


@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
def test_an_archive_reads_as_the_folder_in_it(tmp_path: Path, ending: str) -> None:
    (tmp_path / "inside").mkdir()
    write_bundle(tmp_path / "inside" / "model", some_variables(), shards=2)
    (tmp_path / "inside" / "model.meta").write_bytes(b"a graph")
    (tmp_path / "inside" / "._model.index").write_bytes(b"a Mac's note")
    archive = tmp_path / f"published{ending}"
    with tarfile.open(archive, "w:gz" if ending.endswith("gz") else "w") as tar:
        tar.add(tmp_path / "inside", "checkpoints")
    for name, values in source.read_variables(archive):
        np.testing.assert_array_equal(values, some_variables()[name])


@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
def test_an_archive_cut_short_is_named(tmp_path: Path, ending: str) -> None:
    write_bundle(tmp_path / "model", {"a": np.random.default_rng(1).random(9999, np.float32)})
    archive = tmp_path / f"published{ending}"
    with tarfile.open(archive, "w:gz" if ending.endswith("gz") else "w") as tar:
        tar.add(tmp_path / DATA)
    archive.write_bytes(archive.read_bytes()[:20_000])
    with pytest.raises(WeightsError, match=rf"published{ending} .*cut short"):
        list(source.read_variables(archive))


def test_a_missing_shard_is_named_with_what_lies_in_it(tmp_path: Path) -> None:
    write_bundle(tmp_path / "model", some_variables(), shards=3)
    (tmp_path / "model.data-00001-of-00003").unlink()
    with pytest.raises(WeightsError, match=r"model\.data-00001-of-00003 is missing; a/kernel"):
        list(bundle.read_variables(tmp_path / "model"))


def test_a_missing_index_is_named(folder: Path) -> None:
    (folder / "model.index").unlink()
    for path in (folder, folder / "model", folder / DATA):
        with pytest.raises(WeightsError, match=r"model\.index is missing"):
            source.list_variables(path)


def test_a_shard_cut_short_is_refused_before_anything_is_read(folder: Path) -> None:
    data = folder / DATA
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(WeightsError, match=rf"{DATA} is cut short: it has 111 bytes, and b .*112"):
        source.list_variables(folder)


def test_an_altered_byte_is_named_with_its_variable(folder: Path) -> None:
    data = bytearray((folder / DATA).read_bytes())
    data[25] ^= 1
    (folder / DATA).write_bytes(data)
    with pytest.raises(WeightsError, match=rf"{DATA} is altered: the CRC of a/kernel is \w+, not"):
        list(source.read_variables(folder))


def test_an_index_cut_short_is_named(folder: Path) -> None:
    index = folder / "model.index"
    index.write_bytes(index.read_bytes()[:100])
    with pytest.raises(WeightsError, match=r"model\.index is cut short or altered"):
        source.list_variables(folder)


def test_a_variable_that_is_not_float32_is_named(tmp_path: Path) -> None:
    write_bundle(tmp_path / "model", {"a/kernel": np.zeros((2, 2), np.int64)})
    with pytest.raises(WeightsError, match="a/kernel is int64"):
        source.list_variables(tmp_path)


def test_several_checkpoints_in_a_folder_must_be_named(folder: Path) -> None:
    write_bundle(folder / "later", some_variables())
    with pytest.raises(WeightsError, match="several checkpoints; name one: later, model"):
        source.list_variables(folder)
    assert source.list_variables(folder / "later")


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is not a TensorFlow checkpoint"):
        source.list_variables(tmp_path)
    with pytest.raises(WeightsError, match="there is nothing at"):
        source.list_variables(tmp_path / "nowhere")


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_altered_bit_gives_other_values(
    tmp_path_factory: pytest.TempPathFactory, position: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("bits", numbered=True)
    try:
        write_bundle(folder / "model", some_variables())
        index = (folder / "model.index").read_bytes()
        both = bytearray(index + (folder / DATA).read_bytes())
        both[position % len(both)] ^= 1 << bit
        (folder / "model.index").write_bytes(both[: len(index)])
        (folder / DATA).write_bytes(both[len(index) :])
        try:
            read = dict(bundle.read_variables(folder / "model"))
        except WeightsError:
            return
        for name, values in some_variables().items():
            np.testing.assert_array_equal(read[name], values)
    finally:
        shutil.rmtree(folder)


@given(st.binary(max_size=300))
def test_no_bytes_upset_the_table_reader(data: bytes) -> None:
    tail = data[-40:].ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")
    with pytest.raises(TableError):  # nothing has a CRC by chance
        list(entries(data + tail))


@given(st.integers(0, 2**63))
def test_a_number_survives_its_varint(value: int) -> None:
    written = bundles._varint(value)
    assert varint(written + b"\xff", 0) == (value, len(written))
