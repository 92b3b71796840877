"""Train a MusicVAE on a corpus: resumable to the step, with held-out figures on the way.

The loss is Magenta's: the summed cross-entropy of a window in nats, plus beta times the KL
divergence above the free bits, averaged over the batch.
"""

from __future__ import annotations

import json
import logging
import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from generators.card import CARD, card
from generators.config import ModelConfig, TrainingConfig
from generators.corpus import Corpus, provenance
from generators.errors import WeightsError
from generators.evaluation import Figures, measure, most_common
from generators.model import MusicVAE
from generators.sampler import best_device
from generators.weights import load_model, open_model, save_model
from generators.windows import Windows

logger = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"
LOG = "training.jsonl"
AVERAGE_DECAY = 0.999
MEASURE_EVERY_SECONDS = 300.0
MEASURED_WINDOWS = 512


class Training:
    """One run in one folder. Build it again on the same folder and it goes on where it was."""

    def __init__(
        self,
        corpus: Corpus,
        folder: Path,
        config: ModelConfig,
        training: TrainingConfig | None = None,
        seed: int = 0,
        start_from: Path | None = None,
    ) -> None:
        self.folder = folder
        self.config = config
        self.training = training or TrainingConfig()
        self.device = best_device()
        self.step = 0
        self.seconds = 0.0
        self._seconds_before = 0.0  # of the run this one was started from
        torch.manual_seed(seed)  # of the first weights
        self._seed = seed
        self._provenance = provenance(corpus)
        self._train = Windows(corpus, config.bars, held_out=False)
        self._held_out = Windows(corpus, config.bars, held_out=True)
        self._model = MusicVAE(config).to(self.device)
        self._average = AveragedModel(self._model, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE_DECAY))  # type: ignore[no-untyped-call]
        self._optimizer = torch.optim.AdamW(
            self._model.parameters(), weight_decay=self.training.weight_decay
        )
        folder.mkdir(parents=True, exist_ok=True)
        self._sittings: list[dict[str, Any]] = []
        if (folder / CHECKPOINT).exists():
            self._load()
        elif start_from is not None:
            self._start_from(start_from)
        self._sit_down()

    def run(self, minutes: float) -> Figures:
        """Train until `minutes` of training are behind the run, earlier sittings counted in."""
        began, first = time.monotonic(), self.step
        started = began - self.seconds
        measured = time.monotonic()
        wanted = minutes * 60
        bar = tqdm(total=round(wanted), initial=round(self.seconds), unit="s", desc="training")
        nats = kl = math.nan
        with _interruptible() as interrupted, bar:
            while self.seconds < wanted and not interrupted:
                nats, kl = self._one_step(self.seconds / wanted)
                now = time.monotonic()
                bar.update(round(now - started) - bar.n)
                self.seconds = now - started
                if self.step % 20 == 0:
                    rate = (self.step - first) * self.training.batch / (now - began)
                    bar.set_postfix_str(f"step {self.step}, {rate:.0f}/s, {nats:.0f}+{kl:.0f} nats")
                if now - measured > MEASURE_EVERY_SECONDS:
                    measured = now
                    self._report(nats, kl)
        return self._report(nats, kl)

    def _one_step(self, progress: float) -> tuple[float, float]:
        settings = self.training
        for group in self._optimizer.param_groups:
            group["lr"] = _cosine(settings.learning_rate, settings.final_learning_rate, progress)
        # Seeded by the step, so a resumed run goes on as if it had never stopped.
        rng = np.random.default_rng([self._seed, self.step])
        torch.manual_seed(int(rng.integers(2**63)))
        batch = self._train.batch(rng, settings.batch, settings)
        tokens = torch.from_numpy(batch).to(self.device)
        beta = settings.beta * min(1.0, self.step / settings.beta_warmup_steps)
        with torch.autocast(self.device.type, torch.bfloat16):
            nats, kl = self._losses(tokens)
        free_nats = settings.free_bits * math.log(2)
        loss = nats.mean() + beta * (kl - free_nats).clamp(min=0).mean()
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), 50.0)
        self._optimizer.step()
        self._average.update_parameters(self._model)
        self.step += 1
        return nats.mean().item(), kl.mean().item()

    def _losses(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Reconstruction and KL of each window in nats, both (B,)."""
        mu, sigma = self._model.encoder(tokens)
        mu, sigma = mu.float(), sigma.float() + 1e-6
        kl = (0.5 * (mu**2 + sigma**2 - 1) - sigma.log()).sum(-1)
        z = mu + sigma * torch.randn_like(mu)
        bars = tokens.flatten(0, 1)
        keep = torch.rand(*bars.shape, 1, device=self.device) >= self.training.token_dropout
        logits = self._model.teacher_forced(z, tokens, keep.float())
        nats = torch.zeros(len(tokens), device=self.device)
        for part, each in enumerate(logits):
            cross = functional.cross_entropy(
                each.float().flatten(0, 1), bars[..., part].flatten(), reduction="none"
            )
            nats = nats + cross.view(len(tokens), -1).sum(-1)
        return nats, kl

    def _save(self) -> tuple[Figures, Figures]:
        """Weights, checkpoint and card. Returns the held-out and the training files' figures."""
        average: MusicVAE = self._average.module  # type: ignore[assignment]
        windows = self._held_out.spread(MEASURED_WINDOWS)
        held_out = measure(average, windows)
        seen = measure(average, self._train.spread(MEASURED_WINDOWS))
        facts = {
            "name": self.config.name,
            "training_steps": self.step,
            "training_windows": self.step * self.training.batch,
            "training_seconds": round(self.seconds + self._seconds_before),
            "device": str(self.device),
            "sittings": self._sittings,
            "corpus": self._provenance,
            "held_out": held_out.as_dict(),
            "on_training_files": seen.as_dict(),
            "most_common": most_common(windows),
        }
        sha256 = save_model(average, self.folder, facts)
        (self.folder / CARD).write_text(card(asdict(self.config), facts, sha256))
        state = {
            "step": self.step,
            "seconds": self.seconds,
            "seconds_before": self._seconds_before,
            "sittings": self._sittings,
            "model": self._model.state_dict(),
            "average": self._average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        partial = self.folder / (CHECKPOINT + ".partial")
        torch.save(state, partial)
        partial.replace(self.folder / CHECKPOINT)
        return held_out, seen

    def _load(self) -> None:
        self.seconds, self._seconds_before = self._restore(self.folder)
        logger.info("resumed at step %d, %.0f s", self.step, self.seconds)

    def _restore(self, folder: Path) -> tuple[float, float]:
        state: dict[str, Any] = torch.load(folder / CHECKPOINT, map_location=self.device)
        self.step, self._sittings = state["step"], state["sittings"]
        self._model.load_state_dict(state["model"])
        self._average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        for group in self._optimizer.param_groups:  # its own would hide today's settings
            group["weight_decay"] = self.training.weight_decay
        return state["seconds"], state.get("seconds_before", 0.0)

    def _start_from(self, path: Path) -> None:
        """Begin where another run ended; its steps count, its minutes do not."""
        folder = open_model(path.parent if path.is_file() else path)
        mine, other = asdict(self.config), asdict(folder.config)
        differ = [n for n in mine if mine[n] != other.get(n) and n not in ("name", "dropout")]
        if differ:
            words = ", ".join(f"{n} is {other.get(n)}, not {mine[n]}" for n in differ)
            raise WeightsError(f"cannot go on from {path} as {self.config.name}: its {words}")
        if (folder.path / CHECKPOINT).exists():
            self._seconds_before = sum(self._restore(folder.path))
        else:
            weights = load_model(folder).state_dict()
            self._model.load_state_dict(weights)
            self._average.module.load_state_dict(weights)
            self.step = int(folder.facts.get("training_steps", 0))
            self._sittings = list(folder.facts.get("sittings", []))
            self._seconds_before = float(folder.facts.get("training_seconds", 0))
        logger.info("started from %s at step %d", folder.path, self.step)

    def _sit_down(self) -> None:
        """Note from which step on which settings hold: they may change between sittings."""
        sitting = {
            "settings": asdict(self.training) | {"dropout": self.config.dropout},
            "windows": len(self._train),
        }
        before = self._sittings[-1] if self._sittings else {}
        if any(before.get(name) != value for name, value in sitting.items()):
            self._sittings.append({"from_step": self.step, **sitting})

    def _report(self, nats: float, kl: float) -> Figures:
        """Save, measure, and say so in the log and beside the bar."""
        held_out, seen = self._save()
        line: dict[str, object] = {"step": self.step, "seconds": round(self.seconds)}
        line |= {"nats": nats, "kl": kl}
        line |= {"held_out": held_out.as_dict(), "training": seen.as_dict()}
        with (self.folder / LOG).open("a") as log:
            log.write(json.dumps(line) + "\n")
        tqdm.write(f"step {self.step}: held out {held_out}; training {seen}")
        return held_out


def _cosine(first: float, last: float, progress: float) -> float:
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


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
