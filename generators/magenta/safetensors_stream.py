"""Write a safetensors file one tensor at a time.

The library's own `save_file` takes all tensors at once, so it needs as much memory as the model
is large. The format is simple: the length of a JSON header (u64), the header with each tensor's
type, shape and place, and then the tensors' bytes without gaps.

Source: the section "Format" of the README of huggingface/safetensors.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import numpy as np


class SafetensorsWriter:
    """A file that is open; tensors must come in the order of `shapes`, all float32."""

    def __init__(self, path: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self._left = list(shapes.items())
        self._hash = hashlib.sha256()
        self._file = path.open("wb")
        header = json.dumps(_header(shapes)).encode()
        header += b" " * (-len(header) % 8)  # so that the tensors are aligned
        self._put(struct.pack("<Q", len(header)) + header)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *raised: object) -> None:
        self._file.close()
        if kind is None and self._left:
            raise ValueError(f"{len(self._left)} tensors were announced and not written")

    @property
    def sha256(self) -> str:
        """Of what is written so far."""
        return self._hash.hexdigest()

    def write(self, name: str, values: np.ndarray) -> None:
        """The next tensor."""
        if not self._left or (name, values.shape) != self._left[0]:
            raise ValueError(f"{name} {values.shape} is not the tensor that was announced")
        del self._left[0]
        self._put(np.ascontiguousarray(values, "<f4").reshape(-1).view(np.uint8).data)

    def _put(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self._hash.update(data)


def _header(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, object]:
    header: dict[str, object] = {}
    start = 0
    for name, shape in shapes.items():
        end = start + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [start, end]}
        start = end
    return header
