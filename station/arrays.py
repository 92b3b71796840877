"""Arrays and other files that the model commands read and write; whole or not at all."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from station.errors import StationError


def read_array(path: Path, name: str) -> np.ndarray:
    """The array of an .npy file, or the one called `name` of an .npz file.

    Raises:
        StationError: it is not there, not such a file, or holds no finite numbers.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(array, np.lib.npyio.NpzFile):
            array = _member(path, array, name)
    except OSError as error:
        raise StationError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise StationError(f"{path} is not an .npy or .npz file of numbers, or is torn") from error
    if array.dtype.kind not in "biuf":
        raise StationError(f"{path} holds {array.dtype}, not numbers")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        where = np.argwhere(~np.isfinite(array))[0].tolist()
        raise StationError(f"{path} holds NaN or infinity, first at {where}")
    return np.asarray(array)


def _member(path: Path, arrays: np.lib.npyio.NpzFile, name: str) -> np.ndarray:
    with arrays:
        if name not in arrays:
            raise StationError(f"{path} has no array {name!r}; it has {', '.join(arrays.files)}")
        return np.asarray(arrays[name])


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write that appears under its name when all is written, and not at all otherwise.

    Raises:
        StationError: it cannot be written there; known before any work is done.
    """
    partial = path.parent / f"{path.name}.partial"
    try:
        if path.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    except OSError as error:
        raise StationError(f"cannot write {path}: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def output_folder(path: Path) -> Path:
    """A folder to write to, made if it is not there.

    Raises:
        StationError: it cannot be made, or not be written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".partial"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StationError(f"cannot write to the folder {path}: {error.strerror}") from error
    return path
