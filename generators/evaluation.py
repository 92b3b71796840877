"""How well a model knows music it has not heard: events right, teacher-forced and sampled.

Two steps in three are "nothing happens", so plain accuracy flatters a model that plays nothing.
What counts is the steps where something *is* struck or ended.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch

from generators.events import HOLD
from generators.model import MusicVAE
from generators.music import PARTS, Bar
from generators.sampler import Sampler

EVALUATION_SEED = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of events right, 0..1, melody, bass, drums; and the loss in nats a window."""

    teacher_forced: tuple[float, float, float]
    sampled: tuple[float, float, float]  # decoded from mu at temperature 1, fed by itself
    nats: float
    kl: float

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def __str__(self) -> str:
        forced = "/".join(f"{share:.3f}" for share in self.teacher_forced)
        sampled = "/".join(f"{share:.3f}" for share in self.sampled)
        return f"forced {forced} sampled {sampled} {self.nats:.0f}+{self.kl:.0f} nats"


@torch.no_grad()
def measure(model: MusicVAE, windows: np.ndarray, batch: int = 128) -> Figures:
    """Figures over windows `(n, bars, 16, 3)`, int64."""
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    right, nats, kl, mus = [], 0.0, 0.0, []
    for start in range(0, len(windows), batch):
        tokens = torch.from_numpy(windows[start : start + batch]).to(device)
        mu, sigma = model.encoder(tokens)
        kl += (0.5 * (mu**2 + sigma**2 - 1) - (sigma + 1e-6).log()).sum().item()
        logits = model.teacher_forced(mu, tokens)
        bars = tokens.flatten(0, 1)
        for part, each in enumerate(logits):
            flat, truth = each.flatten(0, 1), bars[..., part].flatten()
            nats += torch.nn.functional.cross_entropy(flat, truth, reduction="sum").item()
        chosen = torch.stack([each.argmax(-1) for each in logits], dim=-1)
        right.append(chosen.view(tokens.shape).cpu().numpy())
        mus.append(mu.cpu().numpy())
    forced = _events_right(np.concatenate(right), windows)
    sampled = _events_right(_resample(model, np.concatenate(mus)), windows)
    model.train(training)
    return Figures(forced, sampled, nats / len(windows), kl / len(windows))


def _resample(model: MusicVAE, mus: np.ndarray) -> np.ndarray:
    sampler = Sampler(model, next(model.parameters()).device)
    bars = [Bar(0, 0, 0.0, place) for place in range(model.config.bars)]
    plans = [(mu[None], bars, EVALUATION_SEED + row, 1.0) for row, mu in enumerate(mus)]
    tokens = np.stack(sampler.decode_many(plans))
    return tokens.reshape(len(mus), model.config.bars, -1, len(PARTS))


def _events_right(chosen: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    shares = []
    for part in range(len(PARTS)):
        events = truth[..., part] != HOLD
        shares.append(float((chosen[..., part] == truth[..., part])[events].mean()))
    return shares[0], shares[1], shares[2]


def most_common(windows: np.ndarray) -> tuple[float, float, float]:
    """Events right if every event were the part's most common one: the figure to beat."""
    shares = []
    for part in range(len(PARTS)):
        events = windows[..., part][windows[..., part] != HOLD]
        shares.append(float(np.bincount(events).max() / len(events)))
    return shares[0], shares[1], shares[2]
