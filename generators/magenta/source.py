"""Open a checkpoint, whatever its format: variables by name, read one at a time."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from generators.errors import WeightsError
from generators.magenta import bundle, folder, tfjs
from generators.magenta.files import Archive, Files

_FORMATS = (
    f"a TensorFlow checkpoint (X{bundle.INDEX} and X.data-…, or a .tar of them), "
    f"a magenta-js folder ({tfjs.MANIFEST}) or a deeplearn.js folder ({folder.MANIFEST})"
)
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


class Variables(Protocol):
    """A checkpoint's variables, optimizer slots and leftovers left out."""

    shapes: dict[str, tuple[int, ...]]  # of those it has, in the order that is read fastest
    absent: dict[str, tuple[int, ...]]  # of those it lists, but whose files are not there
    files: list[str]  # what it is read from

    def read(self, name: str) -> np.ndarray:
        """One variable, float32, checked as well as its format allows."""
        ...


@dataclass(frozen=True, slots=True)
class Length:
    """How long a model's music is, where its `config.json` says so."""

    steps: int  # sixteenths
    bars: int  # that its conductor conducts; 1: it has none

    def __post_init__(self) -> None:
        if self.steps < 1 or self.bars < 1 or self.steps % self.bars:
            raise ValueError(f"{self.steps} steps cannot be {self.bars} bars of one length")


@dataclass(frozen=True, slots=True)
class Source:
    """A checkpoint that is open."""

    variables: Variables
    length: Length | None
    licence: str | None  # first line of a LICENSE file beside it
    files: Files

    def hashes(self) -> dict[str, str]:
        """sha256 by name of the files the variables come from; of an archive, its own."""
        return self.files.hashes(self.variables.files)


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a checkpoint by its folder, its archive, one of its files, or a bundle's prefix.

    Raises:
        WeightsError: there is none, there are several, or it is torn.
    """
    with _files(path) as files:
        variables, within = _variables(path, files)
        yield Source(variables, _length(files, within), _licence(files, within), files)


def read_variables(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Names and float32 values, one variable in memory at a time."""
    with open_source(path) as source:
        for name in source.variables.shapes:
            yield name, source.variables.read(name)


def list_variables(path: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes, in the order of `read_variables`; no values are read."""
    with open_source(path) as source:
        return source.variables.shapes


def _files(path: Path) -> Files:
    if path.is_dir():
        return Files(path)
    if path.is_file() and (path.name.endswith(ARCHIVES) or tarfile.is_tarfile(path)):
        return Archive(path)
    folder = path.parent
    if path.is_file() or (folder.is_dir() and _shards_of(path.name, Files(folder))):
        return Files(folder)
    raise WeightsError(f"there is nothing at {path}; it should be {_FORMATS}")


def _shards_of(prefix: str, files: Files) -> list[str]:
    """The data files of a bundle, and its index."""
    return [n for n in files.sizes if n.startswith((f"{prefix}.data-", prefix + bundle.INDEX))]


def _variables(path: Path, files: Files) -> tuple[Variables, str]:
    """The variables, and the folder they lie in within the files: "" or one that ends in "/"."""
    if files.path != path:  # one file of several
        if path.name == tfjs.MANIFEST:
            return tfjs.WebCheckpoint(files), ""
        if path.name == folder.MANIFEST:
            return folder.VariableFolder(files), ""
        return _bundle(path, files), ""
    for name in files.sizes:
        within, _, last = name.rpartition("/")
        within = f"{within}/" if within else ""
        if last == tfjs.MANIFEST:
            return tfjs.WebCheckpoint(files, within), within
        if last == folder.MANIFEST:
            return folder.VariableFolder(files, within), within
    prefixes = bundle.find(files)
    if len(prefixes) == 1:
        within = prefixes[0].rpartition("/")[0]
        return bundle.Bundle(files, prefixes[0]), f"{within}/" if within else ""
    if prefixes:
        raise WeightsError(f"{path} holds several checkpoints; name one: {tfjs.some(prefixes)}")
    headless = next((name for name in files.sizes if ".data-0" in name), None)
    if headless is not None:
        index = bundle.prefix_of(Path(headless)).as_posix() + bundle.INDEX
        raise WeightsError(f"{files.where(index)} is missing")
    raise WeightsError(f"{path} is not {_FORMATS}")


def _bundle(path: Path, files: Files) -> bundle.Bundle:
    prefix = bundle.prefix_of(path).name
    if prefix + bundle.INDEX in files.sizes:
        return bundle.Bundle(files, prefix)
    if _shards_of(prefix, files):
        raise WeightsError(f"{files.where(prefix + bundle.INDEX)} is missing")
    raise WeightsError(f"{path} is not {_FORMATS}")


def _length(files: Files, within: str) -> Length | None:
    """From a `config.json` as magenta-js writes it, or with Magenta's own hyperparameters."""
    for name in ("config.json", "converter.json"):
        if within + name not in files.sizes:
            continue
        try:
            config = json.loads(files.read(within + name))
            length = _length_in(config)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(
                f"{files.where(within + name)} does not describe a model: {error!r}"
            ) from error
        if length is not None:
            return length
    return None


def _length_in(config: Mapping[str, Any]) -> Length | None:
    if "hparams" in config:
        levels = config.get("level_lengths") or [1]
        return Length(int(config["hparams"]["max_seq_len"]), int(levels[0]))
    args = config.get("dataConverter", config).get("args") or {}
    if "numSteps" not in args:
        return None
    return Length(int(args["numSteps"]), int(args.get("numSegments") or 1))


def _licence(files: Files, within: str) -> str | None:
    for name in files.sizes:
        if name.startswith(f"{within}LICEN"):
            lines = files.read(name).decode(errors="replace").splitlines()
            return next((line.strip() for line in lines if line.strip()), None)
    return None
