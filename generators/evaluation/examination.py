"""All measurements of one model on one corpus, as numbers that JSON can hold, and its examples."""

from __future__ import annotations

import hashlib
import math
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generators.corpus import Corpus
from generators.critic import judge_many
from generators.errors import WeightsError
from generators.evaluation.examples import Example, latent_examples, sample_examples
from generators.evaluation.interpolation import interpolate
from generators.evaluation.language import MelodyModel
from generators.evaluation.reconstruction import reconstruct
from generators.evaluation.samples import (
    draw_samples,
    neighbour_figures,
    statistics_figures,
)
from generators.evaluation.subjects import subject_of
from generators.evaluation.summary import NOT_MEASURED
from generators.evaluation.tunes import by_tune, training_melodies
from generators.evaluation_settings import EvaluationSettings
from generators.music import PARTS
from generators.ngrams import load_known
from generators.sampler import best_device
from generators.weights import ModelFolder, load_model
from generators.windows import Windows

FIGURES_VERSION = 1


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found."""

    figures: dict[str, Any]  # see docs/evaluation.md
    examples: list[Example]


def examine(folder: ModelFolder, corpus_path: Path, settings: EvaluationSettings) -> Examination:
    """Measure a model folder on a corpus. Equal arguments give equal figures but for the seconds.

    Raises:
        CorpusError: the corpus cannot be read, or has nothing held out that is long enough.
        WeightsError: the weights do not fit, or are no model of trios.
    """
    started = time.monotonic()
    corpus = Corpus.load(corpus_path)
    model = load_model(folder)
    subject = subject_of(model.to(best_device()))
    rngs = [np.random.default_rng([settings.seed, test]) for test in range(4)]
    held_out = by_tune(corpus, subject.bars, settings.windows, held_out=True)
    training = by_tune(corpus, subject.bars, settings.windows, held_out=False)
    melodies, names = training_melodies(corpus)
    examples: list[Example] = []

    def reconstruction() -> Mapping[str, Any]:
        sides = {}
        for side in (True, False):
            windows = Windows(corpus, subject.bars, held_out=side).spread(settings.windows)
            sides[side] = reconstruct(subject, windows, seed=settings.seed, progress=True)
        return {**asdict(sides[True]), "on_training_files": asdict(sides[False])}

    def interpolation() -> Mapping[str, Any]:
        examples.extend(latent_examples(subject, held_out, rngs[0]))
        language = MelodyModel(melodies)
        return asdict(interpolate(subject, held_out, language, settings.pairs, rngs[1]))

    figures: dict[str, Any] = {
        "version": FIGURES_VERSION,
        "model": {"name": folder.name, "sha256": folder.sha256, "bars": subject.bars},
        "corpus": {
            "sha256": _sha256(corpus_path),
            "held_out_tunes": held_out.tune_count,
            "held_out_sets": held_out.sets,
            "training_tunes": training.tune_count,
            "training_melodies": len(melodies),
        },
        "settings": asdict(settings),
        "reconstruction": _unless_impossible(reconstruction),
        "interpolation": _unless_impossible(interpolation),
    }
    known = load_known(folder.path)

    def judge(windows: np.ndarray) -> np.ndarray:
        totals, _ = judge_many(windows.reshape(len(windows), -1, len(PARTS)), known=known)
        return totals

    first, best, scores = draw_samples(subject, judge, settings, rngs[2])
    examples += sample_examples(best)
    statistics = statistics_figures(held_out, training, first, best, rngs[3])
    statistics["scores"] = {
        "one": scores[:, 0].mean(),
        "best": scores.max(axis=1).mean(),
        "held_out": judge(held_out.tokens).mean(),
    }
    figures["statistics"] = statistics
    sets = {"one": first, "best": best, "held_out": held_out.tokens}
    figures["neighbours"] = neighbour_figures(sets, melodies, names)
    figures["environment"] = {
        "seconds": round(time.monotonic() - started, 1),
        "device": str(subject.device),
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    return Examination(_plain(figures), examples)


def _unless_impossible(test: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """The test's figures; or why there are none, if the model folder has no encoder."""
    try:
        return test()
    except WeightsError as error:
        return {NOT_MEASURED: str(error)}


def _plain(value: Any) -> Any:
    """As JSON has it: no NumPy, and null for what is undefined."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
