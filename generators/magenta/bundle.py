"""TensorFlow's checkpoints, read without TensorFlow.

`X.index` is a table from variable names to small protobuf messages: type, shape, and where in
`X.data-00000-of-00001` (or one of several shards) the raw little-endian values lie.

Source: tensorflow/core/protobuf/tensor_bundle.proto.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import google_crc32c
import numpy as np

from generators.errors import WeightsError
from generators.magenta.files import Files
from generators.magenta.sstable import TableError, entries, masked, varint
from generators.magenta.variables import is_leftover

INDEX = ".index"
_FLOAT32 = 1  # tensorflow/core/framework/types.proto
_DTYPES = {2: "float64", 3: "int32", 9: "int64", 14: "bfloat16", 19: "float16"}


@dataclass(frozen=True, slots=True)
class _Entry:
    shape: tuple[int, ...]
    shard: int
    offset: int  # bytes
    size: int  # bytes
    crc: int  # masked CRC-32C of the bytes


class Bundle:
    """The variables of one checkpoint; each is read when it is asked for.

    Raises:
        WeightsError: a shard is missing or too short, or the index is not what TensorFlow wrote.
    """

    absent: dict[str, tuple[int, ...]]  # an index lists nothing that it has no place for

    def __init__(self, files: Files, prefix: str) -> None:
        self._files = files
        self._prefix = prefix
        self._entries = self._index()
        self.shapes = {name: entry.shape for name, entry in self._entries.items()}
        self.absent = {}
        shards = sorted({entry.shard for entry in self._entries.values()})
        self.files = [prefix + INDEX, *map(self._shard_name, shards)]
        self._check_shards()

    def read(self, name: str) -> np.ndarray:
        """One variable, float32; its CRC is checked."""
        entry = self._entries[name]
        file = self._shard_name(entry.shard)
        values = np.empty(entry.size, np.uint8)
        crc, at = 0, 0
        for chunk in self._files.chunks(file, entry.offset, entry.size):
            crc = google_crc32c.extend(crc, chunk)
            values[at : at + len(chunk)] = np.frombuffer(chunk, np.uint8)
            at += len(chunk)
        if masked(crc) != entry.crc:
            raise WeightsError(
                f"{self._files.where(file)} is altered: the CRC of {name} is {masked(crc):08x}, "
                f"not {entry.crc:08x}. Fetch the file again."
            )
        return values.view("<f4").reshape(entry.shape)

    def _index(self) -> dict[str, _Entry]:
        index = self._prefix + INDEX
        self._shards = 1
        found: dict[str, _Entry] = {}
        try:
            for name, message in entries(self._files.read(index)):
                if not name:
                    self._read_header(_fields(message))
                elif not is_leftover(name):
                    found[name] = self._entry(name, _fields(message))
        except TableError as error:
            raise WeightsError(
                f"{self._files.where(index)} is cut short or altered: {error}. Fetch it again."
            ) from error
        # In the order of the data file, so that a packed archive is unpacked once.
        return dict(sorted(found.items(), key=lambda item: (item[1].shard, item[1].offset)))

    def _read_header(self, fields: dict[int, list[int | bytes]]) -> None:
        self._shards = _number(fields, 1)
        if _number(fields, 2) != 0:
            index = self._files.where(self._prefix + INDEX)
            raise WeightsError(f"{index} is of a big-endian machine; only little-endian is read")

    def _entry(self, name: str, fields: dict[int, list[int | bytes]]) -> _Entry:
        index = self._files.where(self._prefix + INDEX)
        dtype = _number(fields, 1)
        if dtype != _FLOAT32:
            kind = _DTYPES.get(dtype, f"type {dtype}")
            raise WeightsError(f"{index}: {name} is {kind}, where a model has float32 only")
        if 7 in fields:
            raise WeightsError(f"{index}: {name} is cut into slices, which no MusicVAE is")
        shape: list[int] = []
        for message in fields.get(2, []):
            for size in _fields(_bytes(message)).get(2, []):
                shape.append(_number(_fields(_bytes(size)), 1))
        entry = _Entry(
            tuple(shape),
            shard=_number(fields, 3),
            offset=_number(fields, 4),
            size=_number(fields, 5),
            crc=_number(fields, 6),
        )
        if entry.size != 4 * math.prod(shape):
            raise WeightsError(
                f"{index}: {name} has {entry.size:,} bytes, where its shape {entry.shape} needs "
                f"{4 * math.prod(shape):,}"
            )
        return entry

    def _shard_name(self, shard: int) -> str:
        return f"{self._prefix}.data-{shard:05}-of-{self._shards:05}"

    def _check_shards(self) -> None:
        for name, entry in self._entries.items():
            file = self._shard_name(entry.shard)
            if file not in self._files.sizes:
                raise WeightsError(
                    f"{self._files.where(file)} is missing; {name} and others lie in it"
                )
            found, needed = self._files.sizes[file], entry.offset + entry.size
            if found < needed:
                raise WeightsError(
                    f"{self._files.where(file)} is cut short: it has {found:,} bytes, and {name} "
                    f"goes to byte {needed:,}. Fetch it again."
                )


def find(files: Files) -> list[str]:
    """The prefixes of all bundles among some files."""
    return [name.removesuffix(INDEX) for name in files.sizes if name.endswith(INDEX)]


def prefix_of(path: Path) -> Path:
    """What `X.index`, `X.data-00000-of-00001` and plain `X` have in common: `X`."""
    return path.with_name(re.sub(r"\.(index|meta|data-\d{5}-of-\d{5})$", "", path.name))


def read_variables(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Names and float32 values of a bundle in a folder, one after the other, without leftovers."""
    prefix = prefix_of(path)
    with Files(prefix.parent) as files:
        bundle = Bundle(files, prefix.name)
        for name in bundle.shapes:
            yield name, bundle.read(name)


def _fields(message: bytes) -> dict[int, list[int | bytes]]:
    """A protobuf message: its values by field number."""
    fields: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        value: int | bytes
        match key & 7:
            case 0:
                value, at = varint(message, at)
            case 2:
                size, at = varint(message, at)
                value, at = message[at : at + size], at + size
            case 5:
                (value,), at = struct.unpack("<I", message[at : at + 4].ljust(4, b"\0")), at + 4
            case kind:
                raise TableError(f"an entry has a field of kind {kind}")
        if at > len(message):
            raise TableError("an entry ends inside a field")
        fields.setdefault(key >> 3, []).append(value)
    return fields


def _number(fields: dict[int, list[int | bytes]], field: int) -> int:
    value = fields.get(field, [0])[-1]  # a field that is zero is left out
    if isinstance(value, bytes):
        raise TableError(f"field {field} of an entry is not a number")
    return value


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise TableError("the shape of an entry is a number")
    return value
