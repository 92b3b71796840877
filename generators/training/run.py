"""A run: a model trained on a corpus, in a folder, over as many sittings as it takes.

The weights in the folder are the best measured so far; the checkpoint is the latest.
"""

from __future__ import annotations

import logging
import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError

from generators.config import ModelConfig, TrainingConfig
from generators.corpus import Corpus
from generators.evaluation import measure, most_common
from generators.model import MusicVAE
from generators.sampler import best_device
from generators.training import schedule
from generators.training.batches import Batches
from generators.training.errors import TrainingError
from generators.training.journal import Journal
from generators.training.keep import Measured, keep
from generators.training.loss import losses
from generators.training.start import begin, fingerprint
from generators.training.state import Best, new_learner, save, sit_down
from generators.windows import Windows

logger = logging.getLogger(__name__)

AVERAGE_DECAY = 0.999
MOST_GRADIENT = 50.0  # norm
READ_EVERY_STEPS = 20  # reading the loss makes a GPU wait
MEASURED_WINDOWS = 512
MEASURE_EVERY_SECONDS = 300.0
PATIENCE = 12  # measurements


class Training:
    """One run in one folder. Build it again on the same folder and it goes on where it was."""

    def __init__(
        self,
        corpus: Corpus,
        folder: Path,
        config: ModelConfig,
        training: TrainingConfig | None = None,
        *,
        seed: int = 0,
        start_from: Path | None = None,
        device: torch.device | None = None,
    ) -> None:
        """`start_from` is a model folder; a run that has begun does not look at it."""
        self.folder = folder
        self.config = config
        self.settings = training or TrainingConfig()
        self.device = device or best_device()
        self._seed = seed
        self._corpus = corpus
        self._train = Windows(corpus, config.bars, held_out=False)
        self._held_out = Windows(corpus, config.bars, held_out=True)
        torch.manual_seed(seed)  # of the first weights
        self.learner = new_learner(config, self.settings, self.device)
        self.progress = begin(folder, start_from, config, self.learner, fingerprint(corpus))
        sit_down(self.progress, self.settings, config, self._train)
        self._sums = torch.zeros(2, device=self.device)  # nats and KL of the steps not yet read
        self._read_step, self._read_seconds = self.progress.step, self.progress.seconds
        self._last: dict[str, float] = {}

    @property
    def model(self) -> MusicVAE:
        return self.learner.model

    def run(
        self,
        minutes: float,
        *,
        measure_every_seconds: float = MEASURE_EVERY_SECONDS,
        patience: int = PATIENCE,
    ) -> Best:
        """Train until `minutes` of training are behind the run, earlier sittings counted in.

        It ends sooner on Ctrl-C, or when `patience` measurements in a row were no better than the
        best. Either way all is saved.

        Raises:
            TrainingError: the loss is no number any more, or the disk is full.
        """
        progress = self.progress
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            journal = Journal(self.folder, progress.step, minutes, progress.seconds / 60)
            with journal, _interruptible() as interrupted:
                self._train_on(minutes, measure_every_seconds, patience, journal, interrupted)
        except (OSError, SafetensorError) as error:
            for partial in self.folder.glob("*.partial"):
                partial.unlink()
            raise TrainingError(
                f"cannot save to {self.folder}: {error}. What was saved before stands; "
                "make room and run the same command again"
            ) from error
        assert progress.best is not None
        logger.info("%s", progress.best)
        return progress.best

    def _train_on(
        self,
        minutes: float,
        measure_every_seconds: float,
        patience: int,
        journal: Journal,
        interrupted: list[int],
    ) -> None:
        progress, wanted = self.progress, minutes * 60
        measured_step = progress.step if progress.best else -1
        last = time.monotonic()
        with self.batches() as batches:
            while progress.seconds < wanted and progress.since_best < patience and not interrupted:
                self._one_step(batches, progress.seconds / wanted)
                now = time.monotonic()
                progress.seconds, last = progress.seconds + now - last, now
                if progress.step % READ_EVERY_STEPS == 0:
                    self._read(journal, progress.seconds / wanted)
                if progress.seconds - progress.measured_seconds >= measure_every_seconds:
                    measured_step = progress.step
                    self._report(journal, progress.seconds / wanted)
                    now = time.monotonic()
                    progress.seconds, last = progress.seconds + now - last, now
                    self._read_seconds = progress.seconds  # the rate is of training alone
            if measured_step < progress.step:
                self._check_weights()
                # Before measuring: whoever stops us may be in a hurry.
                save(self.folder, self.config, self.learner, progress)
                self._report(journal, progress.seconds / wanted)
        if progress.since_best >= patience:
            logger.info("no better in %d measurements: enough", progress.since_best)

    def _one_step(self, batches: Batches, share: float) -> None:
        settings, learner, step = self.settings, self.learner, self.progress.step
        for group in learner.optimizer.param_groups:
            group["lr"] = schedule.learning_rate(settings, share)
        seed, tokens = batches.next()
        torch.manual_seed(seed)
        with torch.autocast(self.device.type, torch.bfloat16):
            nats, kl = losses(learner.model, tokens, settings.token_dropout)
        above = (kl - schedule.free_nats(settings, share)).clamp(min=0).mean()
        loss = nats.mean() + schedule.beta(settings, step) * above
        learner.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(learner.model.parameters(), MOST_GRADIENT)
        learner.optimizer.step()
        learner.follow(schedule.average_decay(step, AVERAGE_DECAY))
        self._sums += torch.stack([nats.detach().mean(), kl.detach().mean()])
        self.progress.step += 1

    def _read(self, journal: Journal, share: float) -> None:
        """Tell the means of the steps since the last time. Here a GPU is waited for."""
        progress, settings = self.progress, self.settings
        steps = progress.step - self._read_step
        if not steps:
            return
        nats, kl = (self._sums / steps).tolist()
        if not math.isfinite(nats + kl):
            raise self._not_a_number()
        seconds = max(progress.seconds - self._read_seconds, 1e-9)
        self._last = {
            "nats": nats,
            "kl": kl,
            "learning_rate": schedule.learning_rate(settings, share),
            "beta": schedule.beta(settings, progress.step),
            "free_nats": schedule.free_nats(settings, share),
            "windows_per_second": steps * settings.batch / seconds,
        }
        self._sums.zero_()
        self._read_step, self._read_seconds = progress.step, progress.seconds
        journal.steps(progress, self._last)

    def _report(self, journal: Journal, share: float) -> None:
        """Measure; keep the weights if they are the best; save the checkpoint; say so."""
        self._read(journal, share)
        self._check_weights()
        progress, average = self.progress, self.learner.average
        windows = self._held_out.spread(MEASURED_WINDOWS)
        seen = self._train.spread(MEASURED_WINDOWS)
        measured = Measured(measure(average, windows), measure(average, seen), most_common(windows))
        is_best = progress.best is None or measured.score > progress.best.score
        if is_best:
            keep(average, self.folder, progress, self._corpus, measured)
            progress.best = Best(progress.step, measured.score, str(measured.held_out))
        progress.since_best = 0 if is_best else progress.since_best + 1
        progress.measured_seconds = progress.seconds
        save(self.folder, self.config, self.learner, progress)
        journal.measurement(progress, self._last, measured, is_best)

    def _check_weights(self) -> None:
        finite = [weights.isfinite().all() for weights in self.model.parameters()]
        if not torch.stack(finite).all().item():
            raise self._not_a_number()  # rather than saved in place of good ones

    def _not_a_number(self) -> TrainingError:
        best = self.progress.best
        stands = f"; the weights of step {best.step:,} stand" if best else ""
        return TrainingError(
            f"the loss is not a number at step {self.progress.step:,}{stands}. "
            "Go on from the last checkpoint with a lower --learning-rate"
        )

    def batches(self) -> Batches:
        step = self.progress.step
        return Batches(self._train, self.settings, self.device, seed=self._seed, step=step)


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM instead of dying of them: the run saves, then ends."""
    caught: list[int] = []
    wanted = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda n, _: caught.append(n)) for number in wanted}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
