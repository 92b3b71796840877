"""A checkpoint: a folder of small safetensors shards and a JSON that vouches for them.

Tensors are cut wherever a shard is full, so no file is larger than `SHARD_BYTES` whatever the
model: a run can be carried on through anything that takes only small files. A new checkpoint is
written beside the old one and takes its place when it is whole.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from generators.training.errors import TrainingError

CHECKPOINT = "checkpoint"
NOTES = "checkpoint.json"
SHARD_BYTES = 15 * 2**20
VERSION = 1

_HEADER_BYTES = 2**17  # room for safetensors' own table in a shard
_FLOAT_BYTES = 4


def has_checkpoint(run: Path) -> bool:
    """Is there a run to go on with in this folder?"""
    return any((run / name / NOTES).is_file() for name in (CHECKPOINT, CHECKPOINT + ".old"))


def save_checkpoint(
    run: Path,
    tensors: Mapping[str, Tensor],
    notes: Mapping[str, Any],
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Put float32 tensors and notes in place of the last checkpoint.

    Raises:
        OSError: the disk is full, or the folder cannot be written; the old checkpoint stands.
    """
    partial, whole, old = (run / (CHECKPOINT + end) for end in (".partial", "", ".old"))
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        shards = {}
        for number, pieces in enumerate(_shards(tensors, shard_bytes), start=1):
            name, data = f"state-{number:05}.safetensors", save(pieces)
            shards[name] = hashlib.sha256(data).hexdigest()
            (partial / name).write_bytes(data)
        shapes = {name: list(tensor.shape) for name, tensor in tensors.items()}
        description = {"version": VERSION, **notes, "shards": shards, "tensors": shapes}
        (partial / NOTES).write_text(json.dumps(description, indent=1, ensure_ascii=False) + "\n")
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if whole.exists():
        shutil.rmtree(old, ignore_errors=True)
        whole.replace(old)
    partial.replace(whole)
    shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(run: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors on the CPU, and the notes they were saved with.

    Raises:
        TrainingError: there is none, or it is torn; the message names the file.
    """
    folder = run / CHECKPOINT
    if not folder.exists() and (run / (CHECKPOINT + ".old")).exists():
        folder = run / (CHECKPOINT + ".old")  # the move was cut short between its two halves
    fix = "Restore it, or begin anew in another folder with --from and the weights you have."
    try:
        notes = json.loads((folder / NOTES).read_text())
        if notes["version"] != VERSION:
            raise TrainingError(f"{folder} is a checkpoint of version {notes['version']}. {fix}")
        tensors = {name: torch.empty(shape) for name, shape in notes["tensors"].items()}
        missing = {name: tensor.numel() for name, tensor in tensors.items()}
        for shard, sha256 in notes["shards"].items():
            for piece, values in _read(folder / shard, sha256, fix).items():
                name, _, start = piece.rpartition("@")
                tensors[name].view(-1)[int(start) : int(start) + len(values)] = values
                missing[name] -= len(values)
    except FileNotFoundError as error:
        raise TrainingError(f"the checkpoint {folder} has no {NOTES}. {fix}") from error
    except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise TrainingError(f"{folder / NOTES} is not a checkpoint's: {error!r}. {fix}") from error
    if torn := [name for name, values in missing.items() if values]:
        raise TrainingError(f"the checkpoint {folder} lacks parts of {torn[0]}. {fix}")
    return tensors, notes


def _read(path: Path, sha256: str, fix: str) -> dict[str, Tensor]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TrainingError(f"the checkpoint is torn: {path} is missing. {fix}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise TrainingError(
            f"the checkpoint is torn: {path} ({len(data):,} bytes) is cut short or altered. {fix}"
        )
    return load(data)


def _shards(tensors: Mapping[str, Tensor], shard_bytes: int) -> Iterator[dict[str, Tensor]]:
    """Pieces by name@offset, as many to a shard as it holds."""
    room = most = max(1, (shard_bytes - _HEADER_BYTES) // _FLOAT_BYTES)
    pieces: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dtype != torch.float32:
            raise ValueError(f"{name} is {tensor.dtype}: a checkpoint holds float32")
        flat, start = tensor.detach().reshape(-1).cpu(), 0
        while start < math.prod(tensor.shape):
            piece = flat[start : start + room]
            pieces[f"{name}@{start}"] = piece.clone()  # a view would bring the whole along
            start, room = start + len(piece), room - len(piece)
            if not room:
                yield pieces
                pieces, room = {}, most
    if pieces:
        yield pieces
