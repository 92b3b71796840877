"""Make a model folder of a checkpoint: `model.json` and `model.safetensors`.

The tensors keep TensorFlow's names and layout; only one is in memory at a time. The folder is
made as NAME.partial and renamed when it is whole.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from generators.errors import WeightsError
from generators.magenta.config import MagentaConfig
from generators.magenta.recognise import check, encoder_facts, recognise
from generators.magenta.safetensors_stream import SafetensorsWriter
from generators.magenta.source import Source, open_source
from generators.weights import DESCRIPTION, WEIGHTS

FAMILY = "magenta"


@dataclass(frozen=True, slots=True)
class Imported:
    """A model folder that was made."""

    path: Path
    config: MagentaConfig
    weights: int  # how many numbers
    encoder: str  # what it can encode: "mu and sigma", "mu" or "none"
    missing: tuple[str, ...]  # the encoder's variables that the source lacks


def import_model(
    path: Path,
    target: Path,
    *,
    name: str,
    config: str | None = None,
    source: str | None = None,
    licence: str | None = None,
    quiet: bool = False,
) -> Imported:
    """Read a checkpoint and write a model folder.

    Args:
        path: see `generators.magenta.source.open_source`.
        target: the folder to make; it must not be there.
        name: what the model is called.
        config: the name of its configuration; without it the shapes tell.
        source: where the checkpoint is from (default: `path`).
        licence: of the weights (default: the first line of a LICENSE file beside them).
        quiet: show no progress.

    Raises:
        WeightsError: the checkpoint is torn or no MusicVAE, its decoder is not complete, or
            `target` exists. Nothing is left at `target` then.
    """
    if target.exists():
        raise WeightsError(f"{target} exists; remove it, or choose another folder with -o")
    with open_source(path) as opened:
        variables = opened.variables
        shapes = {**variables.shapes, **variables.absent}
        recognised = recognise(shapes, name=config, length=opened.length)
        missing = check(recognised, shapes, variables.absent)
        facts = {
            "name": name,
            "source": source or str(path),
            "licence": licence or opened.licence or "not stated",
            "files": opened.hashes(),
            "encoder": encoder_facts(missing),
        }
        partial = target.with_name(target.name + ".partial")
        _remove(partial)
        try:
            partial.mkdir(parents=True)
            sha256 = _write_weights(opened, partial / WEIGHTS, quiet)
            _write_description(partial / DESCRIPTION, recognised, sha256, facts)
            partial.rename(target)
        except OSError as error:
            raise WeightsError(f"cannot write {target}: {error}") from error
        finally:
            _remove(partial)
        count = sum(math.prod(shape) for shape in variables.shapes.values())
    return Imported(target, recognised, count, encoder_facts(missing), tuple(missing))


def _write_weights(source: Source, path: Path, quiet: bool) -> str:
    shapes = source.variables.shapes
    total = sum(4 * math.prod(shape) for shape in shapes.values())
    with (
        tqdm(total=total, unit="B", unit_scale=True, disable=quiet, desc="weights") as progress,
        SafetensorsWriter(path, shapes) as writer,
    ):
        for name in shapes:
            values = source.variables.read(name)
            writer.write(name, values)
            progress.update(values.nbytes)
            del values  # before the next is read: two large ones are too many
    return writer.sha256


def _write_description(
    path: Path, config: MagentaConfig, sha256: str, facts: Mapping[str, Any]
) -> None:
    description = {
        "family": FAMILY,
        "config": asdict(config),
        "sha256": sha256,
        "facts": dict(facts),
    }
    path.write_text(json.dumps(description, indent=2, ensure_ascii=False) + "\n")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
