"""magenta-js checkpoints: `weights_manifest.json` and shards that are one run of bytes.

The weights of a group follow each other in the manifest's order, without padding, across the
borders of its shards. A weight may be stored in one or two bytes: value = stored * scale + min.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from generators.errors import WeightsError
from generators.magenta.files import Files
from generators.magenta.variables import is_leftover

MANIFEST = "weights_manifest.json"
_STORED = {"float32": "<f4", "uint8": "|u1", "uint16": "<u2"}
_LEFT_OVER = {"int32": "<i4", "bool": "|b1"}  # types that only a leftover has
_NAMED_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class _Weight:
    shape: tuple[int, ...]
    group: int
    offset: int  # bytes from the start of the group
    dtype: np.dtype[Any]  # as stored
    scale: float = 1.0
    minimum: float = 0.0

    @property
    def size(self) -> int:
        return self.dtype.itemsize * math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class _Shard:
    name: str
    start: int  # bytes from the start of the group
    size: int  # bytes


class WebCheckpoint:
    """The variables of a magenta-js folder; each is read when it is asked for.

    Raises:
        WeightsError: the manifest is not one, or its shards are missing or of another size.
    """

    absent: dict[str, tuple[int, ...]]  # nothing: a folder without a shard is refused whole

    def __init__(self, files: Files, folder: str = "") -> None:
        self._files = files
        self._folder = folder  # within an archive: "" or ends in "/"
        self._weights: dict[str, _Weight] = {}
        self._groups: list[list[_Shard]] = []
        self.files = [folder + MANIFEST]
        try:
            groups = json.loads(files.read(folder + MANIFEST))
            if not isinstance(groups, list):
                raise TypeError("it is not a list of groups")
            for group in groups:
                self._add_group(group)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(
                f"{files.where(folder + MANIFEST)} is not a manifest: {error!r}"
            ) from error
        self.shapes = {name: w.shape for name, w in self._weights.items() if not is_leftover(name)}
        self.absent = {}

    def read(self, name: str) -> np.ndarray:
        """One variable, float32."""
        weight = self._weights[name]
        values = np.empty(math.prod(weight.shape), np.float32)
        at, held = 0, b""
        for chunk in self._bytes(weight):
            held += chunk
            whole = len(held) // weight.dtype.itemsize  # a shard may end inside a number
            stored = np.frombuffer(held, weight.dtype, whole)
            if weight.dtype.kind == "f":
                values[at : at + whole] = stored
            else:  # in float64 and rounded once, as JavaScript does
                values[at : at + whole] = stored * weight.scale + weight.minimum
            held = held[whole * weight.dtype.itemsize :]
            at += whole
        return values.reshape(weight.shape)

    def _bytes(self, weight: _Weight) -> Iterator[bytes]:
        end = weight.offset + weight.size
        for shard in self._groups[weight.group]:
            start = max(weight.offset, shard.start)
            stop = min(end, shard.start + shard.size)
            if start < stop:
                yield from self._files.chunks(shard.name, start - shard.start, stop - start)

    def _add_group(self, group: dict[str, Any]) -> None:
        offset = 0
        for described in group["weights"]:
            weight = self._weight(described, offset)
            self._weights[described["name"]] = weight
            offset += weight.size
        names = [self._folder + plain_name(path) for path in group["paths"]]
        self._check_all_there(names, offset)
        shards, start = [], 0
        for name in names:
            shards.append(_Shard(name, start, self._files.sizes[name]))
            start += self._files.sizes[name]
        if start != offset:
            raise WeightsError(self._wrong_size(shards, offset))
        self._groups.append(shards)
        self.files += names

    def _weight(self, described: dict[str, Any], offset: int) -> _Weight:
        quantization = described.get("quantization", {})
        name, dtype = described["name"], quantization.get("dtype", described["dtype"])
        if described["dtype"] != "float32" and not is_leftover(name):
            raise WeightsError(
                f"{self._files.where(self._folder + MANIFEST)}: {name} is {described['dtype']}, "
                "where a model has float32 only"
            )
        stored = _STORED.get(dtype) or _LEFT_OVER.get(dtype)
        if stored is None:
            raise WeightsError(
                f"{self._files.where(self._folder + MANIFEST)}: {name} is stored as {dtype}; "
                f"only {', '.join(_STORED)} can be read"
            )
        return _Weight(
            shape_of(described["shape"]),
            len(self._groups),
            offset,
            np.dtype(stored),
            float(quantization.get("scale", 1.0)),
            float(quantization.get("min", 0.0)),
        )

    def _check_all_there(self, names: list[str], total: int) -> None:
        missing = [name for name in names if name not in self._files.sizes]
        if not missing:
            return
        start = self._bytes_before_a_gap(names)
        end = total - self._bytes_before_a_gap(names[::-1])
        lost = [
            name
            for name, weight in self._weights.items()
            if weight.group == len(self._groups)
            and weight.offset < end
            and weight.offset + weight.size > start
        ]
        raise WeightsError(
            f"{some(missing)} {'is' if len(missing) == 1 else 'are'} missing from "
            f"{self._files.path}, and with {'it' if len(missing) == 1 else 'them'} {some(lost)}"
        )

    def _bytes_before_a_gap(self, names: list[str]) -> int:
        there = takewhile(lambda name: name in self._files.sizes, names)
        return sum(self._files.sizes[name] for name in there)

    def _wrong_size(self, shards: list[_Shard], needed: int) -> str:
        # All shards but the last have one size; where that does not tell, all are named.
        full = max(shard.size for shard in shards)
        odd = [shard for shard in shards[:-1] if shard.size != full]
        if not odd and len(shards) > 2:
            odd = shards[-1:]
        listed = some([f"{shard.name} ({shard.size:,} bytes)" for shard in odd or shards])
        found = sum(shard.size for shard in shards)
        return (
            f"{self._files.where(listed)} cut short or altered: all shards together have "
            f"{found:,} bytes, and {MANIFEST} needs {needed:,}. Fetch them again."
        )


def read_variables(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Names and float32 values of a magenta-js folder, one after the other, without leftovers."""
    with Files(path) as files:
        checkpoint = WebCheckpoint(files)
        for name in checkpoint.shapes:
            yield name, checkpoint.read(name)


def plain_name(name: str) -> str:
    """A file name from a manifest, which may not lead out of its folder."""
    if not name or Path(name).name != name or name in {".", ".."} or "\\" in name:
        raise ValueError(f"{name!r} is not a plain file name")
    return name


def shape_of(sizes: list[Any]) -> tuple[int, ...]:
    """A shape from a manifest."""
    shape = tuple(int(size) for size in sizes)
    if any(size < 0 for size in shape):
        raise ValueError(f"{sizes} is not a shape")
    return shape


def some(names: list[str]) -> str:
    """Up to ten names, and how many more there are."""
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
