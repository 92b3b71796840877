"""The groove model: a GrooVAE of two bars that is told the hits and says how they are struck.

It is Magenta's `groovae_2bar_hits_control` in a small size, put to the task of its
`groovae_2bar_humanize`: the encoder reads hits without velocities and offsets. The decoder hears
the hits too, now and just before, but not the velocities and offsets it gave before: at the mean
they tell it nothing that the hits and the latent do not, and without them all steps are played at
once, and as it was trained.

Letters: B rows, T steps, Z latent.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from generators.events import DRUM_BITS
from generators.magenta.config import MAGENTA_CONFIGS
from generators.magenta.model import MagentaVAE
from generators.magenta.untrained import Untrained

GROOVE_CONFIG = replace(
    MAGENTA_CONFIGS["groovae_2bar_hits_control"],
    name="groovae-2bar-small",
    z_size=32,
    encoder=(128,),
    decoder=(192, 192),
)


def new_model(seed: int) -> MagentaVAE:
    """Weights to begin training with."""
    model = MagentaVAE.from_variables(GROOVE_CONFIG, Untrained(GROOVE_CONFIG, seed))
    return model.train().requires_grad_(True)


def posterior(model: MagentaVAE, hits: Tensor) -> tuple[Tensor, Tensor]:
    """Hits (B, T, 9) to mu and sigma, both (B, Z)."""
    assert model.encoder is not None
    mu, sigma = model.encoder(torch.cat([_quantised(hits), hits], dim=-1))
    return mu, sigma


def struck(model: MagentaVAE, hits: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    """How hits (B, T, 9) are struck: velocities 0..1 and offsets -1..1 (early), both (B, T, 9)."""
    [decoder] = model.decoders
    before = functional.pad(_quantised(hits)[:, :-1], (0, 0, 1, 0))  # (B, T, 27)
    _, velocities, offsets = decoder(before, z, hits).chunk(3, dim=-1)
    return torch.sigmoid(velocities), torch.tanh(offsets)


def _quantised(hits: Tensor) -> Tensor:
    """Hits (B, T, 9) as a groove without velocities and offsets: (B, T, 27)."""
    return torch.cat([hits, hits.new_zeros(*hits.shape[:-1], 2 * DRUM_BITS)], dim=-1)
