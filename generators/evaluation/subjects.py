"""A model as the evaluation sees it: windows of trios in, windows of trios out.

Letters: B windows, T their steps, Z latent.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from generators.errors import WeightsError
from generators.events import PART_DEPTHS
from generators.model import MusicVAE
from generators.music import PARTS, STEPS_PER_BAR, Bar
from generators.sampler import Sampler


class Subject(Protocol):
    """Any trio model. Windows are int64 `(B, bars, 16, 3)`."""

    bars: int
    z_size: int
    device: torch.device

    def encode(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """mu and sigma, float32 `(B, Z)` each."""

    def teacher_forced(self, mu: np.ndarray, windows: np.ndarray) -> list[Tensor]:
        """Logits of each part, `(B, T, depth)`, given the true notes so far."""

    def sample(self, z: np.ndarray, seeds: np.ndarray, temperature: float) -> np.ndarray:
        """Latents `(B, Z)` and a seed each to windows; alike whatever they are batched with."""


class OurSubject:
    """A `generators.model.MusicVAE`, sampled as the station samples it."""

    def __init__(self, model: MusicVAE) -> None:
        self._model = model.eval()
        self.device = next(model.parameters()).device
        self.bars = model.config.bars
        self.z_size = model.config.z_size
        self._sampler = Sampler(model, self.device)

    @torch.no_grad()
    def encode(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mu, sigma = self._model.encoder(torch.from_numpy(windows).to(self.device))
        return mu.cpu().numpy(), sigma.cpu().numpy()

    @torch.no_grad()
    def teacher_forced(self, mu: np.ndarray, windows: np.ndarray) -> list[Tensor]:
        z, tokens = (torch.from_numpy(a).to(self.device) for a in (mu, windows))
        logits = self._model.teacher_forced(z, tokens)  # each (B bars, 16, depth)
        return [each.reshape(len(windows), -1, each.shape[-1]).cpu() for each in logits]

    def sample(self, z: np.ndarray, seeds: np.ndarray, temperature: float) -> np.ndarray:
        bars = [Bar(0, 0, 0.0, place) for place in range(self.bars)]
        plans = [
            (latent[None], bars, int(seed), temperature)
            for latent, seed in zip(z, seeds, strict=True)
        ]
        return _in_bars(np.stack(self._sampler.decode_many(plans)))


class MagentaSubject:
    """A `generators.magenta.model.MagentaVAE` of a trio configuration."""

    def __init__(self, model: Any) -> None:
        config = model.config
        if config.parts != PARTS or tuple(config.depths) != PART_DEPTHS:
            raise WeightsError(
                f"{config.name} makes {', '.join(config.parts)}: only models of trios "
                "(melody, bass and drums) can be evaluated. Name a trio model with --model."
            )
        self._model = model.eval()
        self.device = next(model.parameters()).device
        self.bars = config.steps // STEPS_PER_BAR
        self.z_size = config.z_size

    @torch.no_grad()
    def encode(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mu, sigma = self._model.encode(self._one_hot(windows))
        return mu.cpu().numpy(), sigma.cpu().numpy()

    @torch.no_grad()
    def teacher_forced(self, mu: np.ndarray, windows: np.ndarray) -> list[Tensor]:
        z = torch.from_numpy(mu).to(self.device)
        logits = self._model.teacher_forced(z, self._one_hot(windows))  # (B, T, 692)
        return list(logits.cpu().split(PART_DEPTHS, dim=-1))

    @torch.no_grad()
    def sample(self, z: np.ndarray, seeds: np.ndarray, temperature: float) -> np.ndarray:
        shape = (self.bars * STEPS_PER_BAR, len(PARTS))
        noise = [np.random.default_rng(int(seed)).random(shape, np.float32) for seed in seeds]
        decoded = self._model.decode(
            torch.from_numpy(z).to(self.device),
            temperature=temperature,
            uniforms=torch.from_numpy(np.stack(noise)).to(self.device),
        )
        return _in_bars(decoded.tokens.cpu().numpy())

    def _one_hot(self, windows: np.ndarray) -> Tensor:
        tokens = torch.from_numpy(windows).to(self.device).flatten(1, 2)  # (B, T, 3)
        parts = [functional.one_hot(tokens[..., p], depth) for p, depth in enumerate(PART_DEPTHS)]
        return torch.cat(parts, dim=-1).float()  # (B, T, 692)


def subject_of(model: Any) -> Subject:
    """A loaded model, of whichever family, ready to be evaluated.

    Raises:
        WeightsError: it is no model of trios.
    """
    return OurSubject(model) if isinstance(model, MusicVAE) else MagentaSubject(model)


def _in_bars(tokens: np.ndarray) -> np.ndarray:
    """(B, T, 3) to int64 (B, bars, 16, 3)."""
    return tokens.reshape(len(tokens), -1, STEPS_PER_BAR, len(PARTS)).astype(np.int64)
