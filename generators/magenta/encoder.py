"""Notes to a posterior: bidirectional layers over all steps, or over each bar and then the bars.

Letters: B rows, T steps, N bars, S steps a bar, M = B N, D width of a step, Z latent, H widths.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from generators.magenta.config import MagentaConfig
from generators.magenta.recurrent import Take, dense, last_states, lstm
from generators.magenta.variables import MU, SIGMA, encoder_layers


class Encoder(nn.Module):
    def __init__(self, config: MagentaConfig, take: Take, *, with_sigma: bool) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList(lstm(take, *cells) for cells in encoder_layers(config))
        self.mu = dense(take, MU)
        self.sigma = dense(take, SIGMA) if with_sigma else None

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(B, T, D) to mu and sigma, both (B, Z)."""
        layers: list[nn.LSTM] = list(self.layers)  # type: ignore[arg-type]  # all are LSTMs
        if self.config.encodes_bars:
            each_bar, whole = layers
            bars = inputs.reshape(-1, self.config.segment_steps, inputs.shape[-1])  # (M, S, D)
            embeddings = last_states([each_bar], bars)  # (M, 2H)
            in_a_row = embeddings.view(len(inputs), self.config.bars, -1)  # (B, N, 2H)
            heard = last_states([whole], in_a_row)  # (B, 2H)
        else:
            heard = last_states(layers, inputs, lengths)  # (B, 2H)
        mu = self.mu(heard)  # (B, Z)
        if self.sigma is None:
            return mu, torch.full_like(mu, torch.nan)
        return mu, functional.softplus(self.sigma(heard))  # a standard deviation as it is
