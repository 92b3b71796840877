"""MusicVAE for trios, hierarchical at both ends, in one file that reads top to bottom.

Roberts et al., "A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music"
(ICML 2018), and Magenta's code. The encoder reads each bar by itself and then the bars in a row;
the conductor unrolls a latent into one embedding a bar; three bar decoders, one a part, sing the
bars. Ours drops Magenta's one link between bars (a bar there begins from the last token of the
bar before), so all bars of all pieces are decoded side by side: 16 serial steps whatever the
length, and each bar may have a latent of its own.

Letters: B windows, N bars of a window, S = 16 steps of a bar, M = B N bars, Z latent, H widths.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from generators.config import ModelConfig
from generators.events import DRUM_BITS
from generators.music import STEPS_PER_BAR


class TokenEmbedding(nn.Module):
    """Tokens of three parts to one vector a step; drums are read as nine bits."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.melody = nn.Embedding(config.depths[0], config.embedding)
        self.bass = nn.Embedding(config.depths[1], config.embedding)
        self.drums = nn.Linear(DRUM_BITS, config.embedding)
        self.register_buffer("bits", 1 << torch.arange(DRUM_BITS), persistent=False)

    def part(self, part: int, tokens: Tensor) -> Tensor:
        """(..., ) int64 to (..., embedding)."""
        if part == 2:
            hits = tokens.unsqueeze(-1).bitwise_and(self.bits).ne(0)  # type: ignore[arg-type]  # a buffer is a Tensor
            embedded: Tensor = self.drums(hits.to(self.drums.weight.dtype))
            return embedded
        table = self.melody if part == 0 else self.bass
        looked_up: Tensor = table(tokens)
        return looked_up

    def forward(self, tokens: Tensor) -> Tensor:
        """(..., 3) int64 to (..., 3 embedding)."""
        return torch.cat([self.part(part, tokens[..., part]) for part in range(3)], dim=-1)


class Encoder(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embedding = TokenEmbedding(config)
        width = config.encoder
        self.bar = nn.LSTM(3 * config.embedding, width, batch_first=True, bidirectional=True)
        self.piece = nn.LSTM(2 * width, width, batch_first=True, bidirectional=True)
        self.mu = nn.Linear(2 * width, config.z_size)
        self.sigma = nn.Linear(2 * width, config.z_size)
        for head in (self.mu, self.sigma):
            nn.init.normal_(head.weight, std=0.001)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N, S, 3) to mu and sigma, both (B, Z); sigma is a standard deviation."""
        batch, bars = tokens.shape[:2]
        steps = self.embedding(tokens.flatten(0, 1))  # (M, S, 3E)
        each_bar = _last_states(self.bar, steps)  # (M, 2H)
        whole = _last_states(self.piece, each_bar.view(batch, bars, -1))  # (B, 2H)
        return self.mu(whole), functional.softplus(self.sigma(whole))


def _last_states(lstm: nn.LSTM, inputs: Tensor) -> Tensor:
    """[last state forwards; last state backwards, the one that has seen step 0]."""
    _, (hidden, _) = lstm(inputs)
    return torch.cat([hidden[-2], hidden[-1]], dim=-1)


class Conductor(nn.Module):
    """A latent to one embedding a bar. It hears nothing of the notes."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.bars = config.bars
        self.initial_state = nn.Linear(config.z_size, 2 * config.conductor)
        self.cell = nn.LSTM(1, config.conductor, batch_first=True)

    def forward(self, z: Tensor) -> Tensor:
        """(B, Z) to (B, N, H)."""
        cell, hidden = torch.tanh(self.initial_state(z)).chunk(2, dim=-1)  # c before h, as Magenta
        nothing = z.new_zeros(len(z), self.bars, 1)
        state = (hidden.unsqueeze(0).contiguous(), cell.unsqueeze(0).contiguous())
        outputs: Tensor = self.cell(nothing, state)[0]
        return outputs


class BarDecoder(nn.Module):
    """One part's notes of one bar, from the bar's embedding and nothing else."""

    def __init__(self, config: ModelConfig, part: int) -> None:
        super().__init__()
        self.part = part
        width = config.decoder
        self.initial_state = nn.Linear(config.conductor, 2 * width)
        self.cell = nn.LSTM(config.embedding + config.conductor, width, batch_first=True)
        self.dropout = nn.Dropout(config.dropout)
        self.logits = nn.Linear(width, config.depths[part])

    def start(self, bar: Tensor) -> tuple[Tensor, Tensor]:
        """(M, H) to hidden and cell state, each (M, H)."""
        cell, hidden = torch.tanh(self.initial_state(bar)).chunk(2, dim=-1)
        return hidden, cell

    def forward(self, bar: Tensor, previous: Tensor) -> Tensor:
        """Teacher-forced: embeddings (M, H), embedded previous tokens (M, S, E) to logits."""
        hidden, cell = self.start(bar)
        inputs = torch.cat([previous, bar.unsqueeze(1).expand(-1, STEPS_PER_BAR, -1)], dim=-1)
        state = (hidden.unsqueeze(0).contiguous(), cell.unsqueeze(0).contiguous())
        outputs, _ = self.cell(inputs, state)
        logits: Tensor = self.logits(self.dropout(outputs))  # (M, S, depth)
        return logits


class MusicVAE(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.conductor = Conductor(config)
        self.embedding = TokenEmbedding(config)
        self.decoders = nn.ModuleList(BarDecoder(config, part) for part in range(3))
        self.apply(_initialise)

    def teacher_forced(self, z: Tensor, tokens: Tensor, keep: Tensor | None = None) -> list[Tensor]:
        """Logits of each part, (M, S, depth), given the true tokens (B, N, S, 3).

        `keep` (M, S, 3, 1), if given, is 0 where the previous token is hidden.
        """
        bars = self.conductor(z).flatten(0, 1)  # (M, H)
        previous = tokens.flatten(0, 1)[:, :-1]  # (M, S - 1, 3)
        logits = []
        for part, decoder in enumerate(self.decoders):
            embedded = self.embedding.part(part, previous[..., part])
            embedded = functional.pad(embedded, (0, 0, 1, 0))  # a bar begins from nothing
            if keep is not None:
                embedded = embedded * keep[:, :, part]
            logits.append(decoder(bars, embedded))
        return logits


def _initialise(module: nn.Module) -> None:
    """TensorFlow's start, which the published models had: forget bias 1, small heads."""
    if isinstance(module, nn.LSTM):
        for name, weights in module.named_parameters():
            if "weight" in name:
                nn.init.xavier_uniform_(weights)
            else:
                nn.init.zeros_(weights)
                if "bias_ih" in name:
                    width = len(weights) // 4
                    nn.init.ones_(weights[width : 2 * width])
    elif isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
