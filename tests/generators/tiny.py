"""The tiniest model with all the parts of a large one. Its music is noise, made in no time."""

from __future__ import annotations

import torch

from generators.config import ModelConfig
from generators.events import HOLD
from generators.model import MusicVAE

TINY = ModelConfig("tiny", bars=2, z_size=16, embedding=8, encoder=12, conductor=20, decoder=24)
QUIET = 6.0  # logits towards "nothing happens"


def tiny_model(seed: int = 1, quiet: float = QUIET) -> MusicVAE:
    """Random weights, and as many notes a bar as music has; equal seeds give equal models."""
    torch.manual_seed(seed)
    model = MusicVAE(TINY)
    with torch.no_grad():
        for decoder in model.decoders:
            decoder.logits.weight *= 4  # type: ignore[operator,union-attr]  # a Linear
            decoder.logits.bias[HOLD] += quiet  # type: ignore[index,operator,union-attr]  # a Linear
    return model.eval()
