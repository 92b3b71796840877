"""Runs of seconds to test with: a tiny model, and a clock on which a step takes a second."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from generators.config import TrainingConfig
from generators.corpus import Corpus
from generators.training.run import Training
from tests.generators.tiny import TINY

FAST = TrainingConfig(batch=16, learning_rate=1e-2, beta_warmup_steps=10)
CPU = torch.device("cpu")


class Clock:
    """A second passes each time it is asked; at the one named, somebody hits Ctrl-C."""

    def __init__(self, interrupted_after: int | None = None) -> None:
        self.seconds = 0.0
        self._interrupted_after = interrupted_after

    def monotonic(self) -> float:
        self.seconds += 1
        if self.seconds == self._interrupted_after:
            signal.raise_signal(signal.SIGINT)
        return self.seconds


def new_run(
    corpus: Corpus,
    folder: Path,
    settings: TrainingConfig = FAST,
    start_from: Path | None = None,
) -> Training:
    return Training(corpus, folder, TINY, settings, start_from=start_from, device=CPU)


def train(corpus: Corpus, folder: Path, minutes: float) -> Training:
    training = new_run(corpus, folder)
    training.run(minutes)
    return training


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """A disk that is full after so many bytes of a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
