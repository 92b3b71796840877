"""Write checkpoints as TensorFlow and magenta-js do, with whatever a test wants in them."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import google_crc32c
import numpy as np
import pytest

from generators.magenta.config import MagentaConfig
from generators.magenta.sstable import masked
from generators.magenta.variables import expected_variables

Arrays = Mapping[str, np.ndarray]
CHECKPOINTS = Path(__file__).parents[4] / "shared" / "checkpoints"

# Three parts of unequal sizes; nothing of it is in the table of published configurations.
SMALL = MagentaConfig(
    "hierdec-trio_16bar",
    steps=256,
    z_size=6,
    input_depth=692,
    encoder=(5, 3),
    decoder=(4, 7),
    parts=("melody", "bass", "drums"),
    depths=(90, 90, 512),
    bars=16,
)


def published_folder(name: str) -> Path:
    """What there is of one of Magenta's real checkpoints."""
    place = CHECKPOINTS / name
    if not place.is_dir():
        pytest.skip(f"the real checkpoint {name} is not here")
    return place


def random_variables(config: MagentaConfig, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = expected_variables(config)
    return {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}


def write_bundle(
    prefix: Path, arrays: Arrays, *, shards: int = 1, keys_a_block: int = 1000
) -> Path:
    """`prefix`.index and its data files; variables go round the shards in turn."""
    data = [b""] * shards
    messages = {"": _field(1, shards)}
    for number, name in enumerate(sorted(arrays)):
        values, shard = arrays[name], number % shards
        raw = values.tobytes()
        shape = b"".join(_field(2, _field(1, size)) for size in values.shape)
        messages[name] = (
            _field(1, {"f": 1, "i": 9}[values.dtype.kind])
            + (_field(2, shape) if shape else b"")
            + _field(3, shard)
            + _field(4, len(data[shard]))
            + _field(5, len(raw))
            + _fixed32(6, masked(google_crc32c.value(raw)))
        )
        data[shard] += raw
    for shard, raw in enumerate(data):
        _data_file(prefix, shard, shards).write_bytes(raw)
    index = prefix.with_name(prefix.name + ".index")
    index.write_bytes(_table(messages, keys_a_block))
    return prefix


def write_web_checkpoint(
    folder: Path, arrays: Arrays, *, dtype: str = "float32", shard_bytes: int = 10_007
) -> Path:
    """A magenta-js folder; a prime shard size puts the borders inside tensors and numbers."""
    folder.mkdir(parents=True)
    weights, data = [], b""
    for name, values in arrays.items():
        weight: dict[str, object] = {
            "name": name,
            "shape": list(values.shape),
            "dtype": "float32",
        }
        stored = values.astype("<f4")
        if dtype != "float32":
            levels = np.iinfo(dtype).max
            low, scale = float(values.min()), float(np.ptp(values)) / levels or 1.0
            weight["quantization"] = {"min": low, "scale": scale, "dtype": dtype}
            stored = np.round((values.astype(np.float64) - low) / scale).astype(dtype)
        weights.append(weight)
        data += stored.tobytes()
    cuts = range(0, len(data), shard_bytes)
    paths = [f"group1-shard{number}of{len(cuts)}" for number in range(1, len(cuts) + 1)]
    for path, start in zip(paths, cuts, strict=True):
        (folder / path).write_bytes(data[start : start + shard_bytes])
    (folder / "weights_manifest.json").write_text(
        json.dumps([{"paths": paths, "weights": weights}])
    )
    return folder


def write_length(folder: Path, steps: int, bars: int = 1) -> None:
    """The `config.json` of a magenta-js folder."""
    args = {"numSteps": steps} | ({"numSegments": bars} if bars > 1 else {})
    converter = {"type": "TrioConverter", "args": args}
    (folder / "config.json").write_text(
        json.dumps({"type": "MusicVAE", "dataConverter": converter})
    )


def _data_file(prefix: Path, shard: int, shards: int) -> Path:
    return prefix.with_name(f"{prefix.name}.data-{shard:05}-of-{shards:05}")


def _table(messages: Mapping[str, bytes], keys_a_block: int) -> bytes:
    keys = sorted(messages)
    table, handles = b"", []
    for start in range(0, len(keys), keys_a_block):
        part = keys[start : start + keys_a_block]
        block = _block([(key.encode(), messages[key]) for key in part])
        handles.append((part[-1].encode(), _varint(len(table)) + _varint(len(block) - 5)))
        table += block
    meta = _block([])
    meta_handle = _varint(len(table)) + _varint(len(meta) - 5)
    table += meta
    index = _block(handles)
    index_handle = _varint(len(table)) + _varint(len(index) - 5)
    footer = (meta_handle + index_handle).ljust(40, b"\0")
    return table + index + footer + struct.pack("<Q", 0xDB4775248B80FB57)


def _block(entries: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Entries that share what they can with the one before, and a restart every 16."""
    block, restarts, before = b"", [0], b""
    for number, (key, value) in enumerate(entries):
        shared = 0
        if number % 16:
            while shared < min(len(key), len(before)) and key[shared] == before[shared]:
                shared += 1
        elif number:
            restarts.append(len(block))
        block += _varint(shared) + _varint(len(key) - shared) + _varint(len(value))
        block += key[shared:] + value
        before = key
    block += struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts)) + b"\0"
    return block + struct.pack("<I", masked(google_crc32c.value(block)))


def _varint(value: int) -> bytes:
    low = b""
    while value >= 0x80:
        low += bytes([value & 0x7F | 0x80])
        value >>= 7
    return low + bytes([value])


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return _varint(number << 3 | 2) + _varint(len(value)) + value
    return _varint(number << 3) + _varint(value) if value else b""


def _fixed32(number: int, value: int) -> bytes:
    return _varint(number << 3 | 5) + struct.pack("<I", value) if value else b""
