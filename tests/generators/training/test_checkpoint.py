"""Checkpoints: small files that come back bit for bit, or say what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.training.checkpoint import (
    CHECKPOINT,
    NOTES,
    has_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from generators.training.errors import TrainingError
from tests.generators.training.runs import no_file_larger_than

SHARD = 2**17 + 400  # room for a hundred floats


def tensors(seed: int = 0, shapes: list[tuple[int, ...]] | None = None) -> dict[str, torch.Tensor]:
    dice = torch.Generator().manual_seed(seed)
    shapes = [(), (3, 50), (7,), (40, 10)] if shapes is None else shapes
    return {f"t{i}": torch.randn(shape, generator=dice) for i, shape in enumerate(shapes)}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(shapes=st.lists(st.lists(st.integers(0, 12), max_size=3).map(tuple), min_size=1, max_size=6))
def test_tensors_come_back_bit_for_bit(tmp_path: Path, shapes: list[tuple[int, ...]]) -> None:
    saved = tensors(shapes=shapes)
    save_checkpoint(tmp_path, saved, {}, shard_bytes=SHARD)
    found, _ = load_checkpoint(tmp_path)
    assert found.keys() == saved.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in saved.items())


def test_no_shard_is_larger_than_it_may_be(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, tensors(), {}, shard_bytes=SHARD)
    sizes = [path.stat().st_size for path in (tmp_path / CHECKPOINT).glob("*.safetensors")]
    assert len(sizes) == 6  # 558 floats
    assert max(sizes) <= SHARD


def test_notes_come_back(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, tensors(), {"step": 7, "seconds": 0.1})
    _, notes = load_checkpoint(tmp_path)
    assert (notes["step"], notes["seconds"]) == (7, 0.1)


def test_a_new_checkpoint_takes_the_place_of_the_old(tmp_path: Path) -> None:
    for seed in (1, 2):
        save_checkpoint(tmp_path, tensors(seed), {})
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]
    assert torch.equal(load_checkpoint(tmp_path)[0]["t1"], tensors(2)["t1"])


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, tensors(1), {})
    with no_file_larger_than(1000), pytest.raises(OSError, match="File too large"):
        save_checkpoint(tmp_path, tensors(2), {})
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]
    assert torch.equal(load_checkpoint(tmp_path)[0]["t1"], tensors(1)["t1"])


def test_a_move_cut_short_is_made_good(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, tensors(1), {})
    (tmp_path / CHECKPOINT).rename(tmp_path / "checkpoint.old")
    assert has_checkpoint(tmp_path)
    assert torch.equal(load_checkpoint(tmp_path)[0]["t1"], tensors(1)["t1"])
    save_checkpoint(tmp_path, tensors(2), {})
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]


@pytest.mark.parametrize("what", ["cut", "altered", "gone"])
def test_a_torn_shard_is_named(tmp_path: Path, what: str) -> None:
    save_checkpoint(tmp_path, tensors(), {}, shard_bytes=SHARD)
    shard = tmp_path / CHECKPOINT / "state-00003.safetensors"
    data = shard.read_bytes()
    shard.write_bytes(data[:-5] if what == "cut" else data[:-1] + bytes([data[-1] ^ 1]))
    if what == "gone":
        shard.unlink()
    with pytest.raises(TrainingError, match=r"torn: .*state-00003\.safetensors"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 1, "tensors": {"a": "b"}}'])
def test_notes_that_are_none_are_named(tmp_path: Path, text: str) -> None:
    save_checkpoint(tmp_path, tensors(), {})
    (tmp_path / CHECKPOINT / NOTES).write_text(text)
    with pytest.raises(TrainingError, match=NOTES):
        load_checkpoint(tmp_path)


def test_a_tensor_with_a_hole_is_named(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, tensors(), {}, shard_bytes=SHARD)
    path = tmp_path / CHECKPOINT / NOTES
    notes = json.loads(path.read_text())
    del notes["shards"]["state-00004.safetensors"]
    path.write_text(json.dumps(notes))
    with pytest.raises(TrainingError, match="lacks parts of t3"):
        load_checkpoint(tmp_path)
