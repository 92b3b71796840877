"""deeplearn.js checkpoints, the format before magenta-js: one file a variable.

`manifest.json` maps a variable's name to its file and its shape; a file holds raw little-endian
float32 values.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from generators.errors import WeightsError
from generators.magenta.files import Files
from generators.magenta.tfjs import plain_name, shape_of
from generators.magenta.variables import is_leftover

MANIFEST = "manifest.json"


class VariableFolder:
    """The variables of a deeplearn.js folder; each is read when it is asked for.

    A variable whose file is not there is `absent`: some folders in circulation have their decoder
    only, which is enough to decode.

    Raises:
        WeightsError: the manifest is not one, or a file is not of the size of its variable.
    """

    def __init__(self, files: Files, folder: str = "") -> None:
        self._files = files
        self._paths: dict[str, str] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.absent: dict[str, tuple[int, ...]] = {}
        try:
            for name, described in _manifest(files, folder).items():
                self._add(name, folder + plain_name(described["filename"]), described["shape"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(
                f"{files.where(folder + MANIFEST)} is not a manifest: {error!r}"
            ) from error
        self.files = [folder + MANIFEST, *(self._paths[name] for name in self.shapes)]

    def read(self, name: str) -> np.ndarray:
        """One variable, float32."""
        values = np.empty(4 * math.prod(self.shapes[name]), np.uint8)
        at = 0
        for chunk in self._files.chunks(self._paths[name], 0, values.size):
            values[at : at + len(chunk)] = np.frombuffer(chunk, np.uint8)
            at += len(chunk)
        return values.view("<f4").reshape(self.shapes[name])

    def _add(self, name: str, path: str, sizes: list[Any]) -> None:
        if is_leftover(name):
            return
        shape = shape_of(sizes)
        self._paths[name] = path
        if path not in self._files.sizes:
            self.absent[name] = shape
            return
        found, needed = self._files.sizes[path], 4 * math.prod(shape)
        if found != needed:
            raise WeightsError(
                f"{self._files.where(path)} is cut short or altered: {name} with its shape {shape} "
                f"has {needed:,} bytes, and the file {found:,}. Fetch it again."
            )
        self.shapes[name] = shape


def _manifest(files: Files, folder: str) -> Mapping[str, Any]:
    manifest: Mapping[str, Any] = json.loads(files.read(folder + MANIFEST))
    return manifest
