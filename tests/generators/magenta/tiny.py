"""Every published configuration with the smallest layers, whose music is noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from generators.magenta.config import MAGENTA_CONFIGS, MagentaConfig
from generators.magenta.model import MagentaVAE
from generators.magenta.variables import expected_variables
from generators.music import STEPS_PER_BAR


def tiny_config(name: str) -> MagentaConfig:
    """A published shape with layers of unequal, tiny widths, and four bars at most."""
    published = MAGENTA_CONFIGS[name]
    steps = min(published.steps, 4 * STEPS_PER_BAR)
    return replace(
        published,
        steps=steps,
        bars=steps // STEPS_PER_BAR if published.bars > 1 else 1,
        z_size=6,
        encoder=tuple(5 + layer for layer in range(len(published.encoder))),
        decoder=tuple(7 - layer for layer in range(len(published.decoder))),
        nade_hidden=4 if published.nade_hidden else 0,
    )


def tiny_variables(config: MagentaConfig, seed: int = 1) -> dict[str, Tensor]:
    """Random variables, large enough that latents and notes are heard."""
    rng = torch.Generator().manual_seed(seed)
    shapes = expected_variables(config)
    return {name: torch.randn(shape, generator=rng) for name, shape in shapes.items()}


def tiny_model(name: str, variables: Mapping[str, Tensor] | None = None) -> MagentaVAE:
    config = tiny_config(name)
    return MagentaVAE.from_variables(config, variables or tiny_variables(config))


def tiny_latents(model: MagentaVAE, rows: int) -> Tensor:
    rng = torch.Generator().manual_seed(2)
    return torch.randn(rows, model.config.z_size, generator=rng)


def tiny_notes(model: MagentaVAE, rows: int) -> Tensor:
    """Something to encode."""
    rng = torch.Generator().manual_seed(5)
    return torch.rand(rows, model.config.steps, model.config.input_depth, generator=rng)


def tiny_uniforms(model: MagentaVAE, rows: int) -> Tensor:
    rng = torch.Generator().manual_seed(4)
    return torch.rand(rows, model.config.steps, model.draws, generator=rng)


def tiny_controls(model: MagentaVAE, rows: int) -> Tensor | None:
    """Hits to play on, for a model that wants them."""
    if not model.config.controls:
        return None
    rng = torch.Generator().manual_seed(3)
    shape = rows, model.config.steps, model.config.controls
    return torch.randint(2, shape, generator=rng).float()
