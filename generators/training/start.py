"""Where a run begins: where it was left, where another model ended, or from nothing."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from generators.config import ModelConfig
from generators.corpus import Corpus
from generators.training.checkpoint import CHECKPOINT, has_checkpoint, load_checkpoint
from generators.training.errors import TrainingError
from generators.training.state import Learner, Progress
from generators.weights import DESCRIPTION, load_model, open_model

logger = logging.getLogger(__name__)


def begin(
    run: Path, other: Path | None, config: ModelConfig, learner: Learner, corpus: str
) -> Progress:
    """Load what there is into the learner; a run that has begun does not look at `other`."""
    if run.exists() and not run.is_dir():
        raise TrainingError(f"{run} is a file: name a folder for the model")
    if has_checkpoint(run):
        return _resume(run, config, learner, corpus)
    if (run / DESCRIPTION).exists():
        raise TrainingError(
            f"{run} holds a model but no checkpoint to go on from. "
            f"Name another output folder, and start with --from {run}"
        )
    if other is not None:
        return _start_from(other, config, learner, corpus)
    return Progress(corpus=corpus)


def _resume(run: Path, config: ModelConfig, learner: Learner, corpus: str) -> Progress:
    tensors, notes = load_checkpoint(run)
    if differ := _differences(notes["config"], config, may_differ={"dropout"}):
        raise TrainingError(
            f"{run} holds a run of another shape: {differ}. "
            "Choose the same --config, or another output folder"
        )
    progress = Progress.of(notes)
    if progress.corpus != corpus:
        raise TrainingError(
            f"{run} holds a run on another corpus, whose held-out files may be others. "
            f"Name another output folder, and start with --from {run}"
        )
    learner.load(tensors)
    logger.info("going on at step %d, after %.1f minutes", progress.step, progress.seconds / 60)
    return progress


def _start_from(path: Path, config: ModelConfig, learner: Learner, corpus: str) -> Progress:
    """Its steps are counted on, its minutes are not.

    With a checkpoint in the folder the optimizer goes on warm, else it begins cold.
    """
    folder = open_model(path.parent if path.name == CHECKPOINT else path)
    if not isinstance(folder.config, ModelConfig):
        raise TrainingError(f"{path} is a model of another family: only our own are trained")
    if differ := _differences(asdict(folder.config), config, may_differ={"name", "dropout"}):
        raise TrainingError(f"cannot go on from {path} as {config.name}: {differ}")
    facts = folder.facts
    if has_checkpoint(folder.path):
        tensors, notes = load_checkpoint(folder.path)
        before = Progress.of(notes)
        step, sittings = before.step, before.sittings
        seconds = before.seconds + before.seconds_before
    else:
        weights = load_model(folder).state_dict()
        tensors = {f"{kind}/{n}": w for kind in ("model", "average") for n, w in weights.items()}
        step, sittings = int(facts.get("training_steps", 0)), list(facts.get("sittings", []))
        seconds = float(facts.get("training_seconds", 0))
    learner.load(tensors)
    logger.info("starting from %s at step %d", folder.path, step)
    lineage = {"name": folder.name, "sha256": folder.sha256, "corpus": facts.get("corpus", [])}
    return Progress(
        step=step,
        seconds_before=seconds,
        corpus=corpus,
        sittings=sittings,
        started_from={**lineage, "step": step},
    )


def _differences(found: Mapping[str, Any], config: ModelConfig, may_differ: set[str]) -> str:
    wanted = asdict(config)
    return ", ".join(
        f"{name} is {found.get(name)}, not {value}"
        for name, value in wanted.items()
        if name not in may_differ and found.get(name) != value
    )


def fingerprint(corpus: Corpus) -> str:
    """Of all that is trained and measured on: the music, and which of it is held out."""
    digest = hashlib.sha256()
    for array in (corpus.tokens, corpus.tracks, corpus.windows):
        digest.update(np.ascontiguousarray(array).data)
    digest.update(bytes(file.held_out for file in corpus.files))
    return digest.hexdigest()
