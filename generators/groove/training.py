"""Training the groove model on the Groove MIDI Dataset, over as many sittings as it takes.

The model folder holds the best weights measured so far; the checkpoint in it is the latest. What
is measured is what is wanted: how far velocities and offsets are off on the validation files.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from generators.errors import WeightsError
from generators.groove.drummer import Drummer
from generators.groove.figures import Errors, errors
from generators.groove.folder import save_groove, variables
from generators.groove.model import GROOVE_CONFIG, new_model, posterior, struck
from generators.groove.performances import LICENCE, SOURCE, Performance
from generators.training.checkpoint import has_checkpoint, load_checkpoint, save_checkpoint

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GrooveTraining:
    """How the model is trained."""

    batch: int = 64  # windows
    learning_rate: float = 2e-3  # falls to nothing along half a cosine
    weight_decay: float = 0.02
    scale: float = 0.1  # what error costs a nat: 13 of velocity, 0.05 of a step
    free_bits: float = 48.0  # that a latent may hold for nothing, as Magenta's
    beta: float = 0.2  # weight of the bits above
    muted: float = 0.15  # chance that a drum is left out of a window
    measure_every_steps: int = 200
    seed: int = 0


def losses(
    model: Any, windows: Tensor, settings: GrooveTraining, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Reconstruction of windows (B, T, 3, 9) and KL, in nats a window, both (B,).

    Errors cost by their size, not by its square as Magenta's: a stroke that is either a ghost
    note or an accent is then taken for one of them, and not for a dull mean. Only hits count,
    for nothing else is played.
    """
    hits, velocities, offsets = windows.unbind(dim=2)  # each (B, T, 9)
    mu, sigma = posterior(model, hits)
    sigma = sigma + 1e-6
    kl = (0.5 * (mu**2 + sigma**2 - 1) - sigma.log()).sum(dim=-1)
    z = mu + sigma * torch.randn(mu.shape, generator=rng)
    found_velocities, found_offsets = struck(model, hits, z)
    off = (found_velocities - velocities).abs() + (found_offsets - offsets).abs()
    return (hits * off).sum(dim=(1, 2)) / settings.scale, kl


class Training:
    """One run in one folder. Build it again on the same folder and it goes on where it was."""

    def __init__(
        self, performances: Sequence[Performance], folder: Path, settings: GrooveTraining
    ) -> None:
        by_side = {
            side: [p for p in performances if p.side == side] for side in ("train", "validation")
        }
        self._windows = np.concatenate([p.windows() for p in by_side["train"]])
        self._validation = by_side["validation"]
        self._folder, self._settings = folder, settings
        self._model = new_model(settings.seed)
        self._optimizer = torch.optim.AdamW(
            self._model.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.step, self.seconds = 0, 0.0
        self.best: Errors | None = None
        if has_checkpoint(folder):
            self._resume()
        elif folder.exists() and any(folder.iterdir()):
            raise WeightsError(f"{folder} holds no run to go on with: name another folder with -o")

    def run(self, minutes: float) -> Errors:
        """Train until `minutes` are behind the run, earlier sittings counted in.

        Ctrl-C ends it; the same command goes on from the last measurement.
        """
        wanted, last = minutes * 60, time.monotonic()
        with tqdm(total=wanted, initial=self.seconds, unit="s", desc="groove") as bar:
            while self.seconds < wanted:
                nats = self.learn(self.seconds / wanted)
                now = time.monotonic()
                self.seconds, last = self.seconds + now - last, now
                if self.step % self._settings.measure_every_steps == 0:
                    self._measure()
                bar.set_postfix_str(f"step {self.step:,}, {nats:.0f} nats, {self.best}", False)
                bar.update(min(self.seconds, wanted) - bar.n)
            self._measure()
        assert self.best is not None
        return self.best

    def learn(self, share: float) -> float:
        """One step, at a share of the run that is behind it; what it cost, in nats a window."""
        settings = self._settings
        for group in self._optimizer.param_groups:
            group["lr"] = settings.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
        rng = np.random.default_rng([settings.seed, self.step])  # a resumed run draws the same
        windows = self._windows[rng.integers(0, len(self._windows), settings.batch)].copy()
        windows *= rng.random((settings.batch, 1, 1, windows.shape[-1])) >= settings.muted
        noise = torch.Generator().manual_seed(int(rng.integers(2**63)))
        nats, kl = losses(self._model, torch.from_numpy(windows), settings, noise)
        above = (kl - settings.free_bits * math.log(2)).clamp(min=0)
        loss = (nats + settings.beta * above).mean()
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), 50.0)
        self._optimizer.step()
        self.step += 1
        return float(nats.mean().detach())

    def _measure(self) -> None:
        self._model.eval()
        drummer = Drummer(self._model)
        found = errors(self._validation, drummer.touch)
        self._model.train()
        tqdm.write(f"step {self.step:,}: validation {found}")
        if self.best is None or found.score < self.best.score:
            self.best = found
            facts = {
                "name": GROOVE_CONFIG.name,
                "source": SOURCE,
                "licence": LICENCE,
                "training_steps": self.step,
                "training_seconds": round(self.seconds),
                "training_windows": len(self._windows),
                "weights": sum(p.numel() for _, p in variables(self._model)),
                "settings": asdict(self._settings),
                "validation": asdict(found),
            }
            save_groove(self._model, self._folder, facts)
        self._save()

    def _save(self) -> None:
        names = [name for name, _ in self._model.named_parameters()]
        moments = self._optimizer.state_dict()["state"]
        tensors = {f"model/{name}": tensor for name, tensor in self._model.state_dict().items()}
        for index, kinds in moments.items():
            tensors |= {f"optimizer/{names[index]}/{kind}": t for kind, t in kinds.items()}
        best = asdict(self.best) if self.best else None
        save_checkpoint(
            self._folder, tensors, {"step": self.step, "seconds": self.seconds, "best": best}
        )

    def _resume(self) -> None:
        tensors, notes = load_checkpoint(self._folder)
        names = [name for name, _ in self._model.named_parameters()]
        state: dict[int, dict[str, Tensor]] = {}
        weights = {}
        for name, tensor in tensors.items():
            kind, _, rest = name.partition("/")
            if kind == "model":
                weights[rest] = tensor
            else:
                parameter, _, moment = rest.rpartition("/")
                state.setdefault(names.index(parameter), {})[moment] = tensor
        self._model.load_state_dict(weights)
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": state, "param_groups": groups})
        self.step, self.seconds = notes["step"], notes["seconds"]
        self.best = Errors(**notes["best"]) if notes["best"] else None
        logger.info("going on at step %d, after %.1f minutes", self.step, self.seconds / 60)
