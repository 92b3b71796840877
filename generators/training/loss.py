"""The loss of a batch. It is Magenta's: reconstruction and KL of a window, in nats."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from generators.model import MusicVAE


def losses(model: MusicVAE, tokens: Tensor, token_dropout: float) -> tuple[Tensor, Tensor]:
    """Summed cross-entropy and KL of each window `(B, N, S, 3)`, both (B,).

    `token_dropout` is the share of previous tokens the decoders do not hear: what they cannot
    hear they must learn from the latent.
    """
    mu, sigma = model.encoder(tokens)
    mu, sigma = mu.float(), sigma.float() + 1e-6
    kl = (0.5 * (mu**2 + sigma**2 - 1) - sigma.log()).sum(-1)
    z = mu + sigma * torch.randn_like(mu)
    bars = tokens.flatten(0, 1)  # (M, S, 3)
    keep = torch.rand(*bars.shape, 1, device=tokens.device) >= token_dropout
    logits = model.teacher_forced(z, tokens, keep.float())
    nats = torch.zeros(len(tokens), device=tokens.device)
    for part, each in enumerate(logits):
        cross = functional.cross_entropy(
            each.float().flatten(0, 1), bars[..., part].flatten(), reduction="none"
        )
        nats = nats + cross.view(len(tokens), -1).sum(-1)
    return nats, kl
