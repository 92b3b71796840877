"""What a decoder's projection means: classes, drum hits one after the other, or a groove.

Each head turns raw projections into what is played, what is heard again as the next step's
input, and what the truth would have cost. A draw takes a uniform number in [0, 1) from outside,
so that the same numbers give the same notes on every machine.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from generators.magenta.config import MagentaConfig
from generators.magenta.recurrent import Take
from generators.magenta.variables import NADE, decoder_depth
from generators.sampler import draw

_LEAST_PROBABILITY = 1e-6  # Magenta's, inside the logarithm of NADE
_LEAST_HIT_PROBABILITY = 1e-7  # and of GrooVAE's hits


class Head(Protocol):
    """Letters: M rows, R width of the raw projection, D of the output, P tokens a step."""

    draws: int  # uniforms a step

    def choose(
        self, raw: Tensor, temperature: float | None, uniforms: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Raw (M, R) and uniforms (M, draws) to tokens (M, P) int64 and output (M, D).

        Greedy when `temperature` is None; no uniforms are needed then.
        """

    def nats(self, raw: Tensor, targets: Tensor) -> Tensor:
        """What targets (..., D) cost under raw (..., R): (...), the reconstruction loss a step."""


def head(config: MagentaConfig, decoder: int, take: Take) -> Head:
    """The head of one core decoder."""
    if config.head == "nade":
        return Nade(take(f"{NADE}/w_enc"), take(f"{NADE}/w_dec_t"))
    if config.head == "groove":
        return Groove(config.output_depth // 3)
    many = config.decoders > 1
    return Categorical((decoder_depth(config, decoder),) if many else config.depths)


class Categorical(nn.Module):
    """One class of each block: a token a part, heard again as its one-hot."""

    def __init__(self, depths: tuple[int, ...]) -> None:
        super().__init__()
        self.depths = list(depths)
        self.draws = len(depths)

    def choose(
        self, raw: Tensor, temperature: float | None, uniforms: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        blocks = torch.split(raw, self.depths, dim=-1)
        if temperature is None or uniforms is None:
            tokens = [block.argmax(dim=-1) for block in blocks]
        else:
            columns = uniforms.unbind(dim=-1)
            tokens = [
                draw(block / temperature, column)
                for block, column in zip(blocks, columns, strict=True)
            ]
        one_hots = [
            functional.one_hot(token, depth)
            for token, depth in zip(tokens, self.depths, strict=True)
        ]
        return torch.stack(tokens, dim=-1), torch.cat(one_hots, dim=-1).to(raw.dtype)

    def nats(self, raw: Tensor, targets: Tensor) -> Tensor:
        blocks = zip(
            torch.split(raw, self.depths, -1), torch.split(targets, self.depths, -1), strict=True
        )
        logs = [(block.log_softmax(dim=-1) * target).sum(dim=-1) for block, target in blocks]
        return -torch.stack(logs).sum(dim=0)


class Nade(nn.Module):
    """Drum hits one after the other, each knowing those before it.

    The projection is [b_enc (H) ; b_dec (D)]. A step's token has bit d set where hit d is struck.

    Source: Uria et al., "Neural Autoregressive Distribution Estimation", JMLR 2016.
    """

    def __init__(self, w_enc: Tensor, w_dec_t: Tensor) -> None:
        super().__init__()
        self.w_enc = nn.Parameter(w_enc.squeeze(1).clone())  # (D, 1, H) to (D, H)
        self.w_dec = nn.Parameter(w_dec_t.squeeze(2).clone())  # (D, H, 1) to (D, H)
        self.draws, self.hidden = self.w_enc.shape

    def choose(
        self, raw: Tensor, temperature: float | None, uniforms: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        hidden, b_dec = torch.split(raw, [self.hidden, self.draws], dim=-1)  # (M, H), (M, D)
        hits = []
        for d in range(self.draws):
            logit = b_dec[:, d] + torch.sigmoid(hidden) @ self.w_dec[d]  # (M,)
            hits.append(_hit(logit, temperature, None if uniforms is None else uniforms[:, d]))
            hidden = hidden + hits[-1][:, None] * self.w_enc[d]
        output = torch.stack(hits, dim=-1)  # (M, D)
        return _bits(output), output

    def nats(self, raw: Tensor, targets: Tensor) -> Tensor:
        b_enc, b_dec = torch.split(raw, [self.hidden, self.draws], dim=-1)
        heard = (targets[..., None] * self.w_enc).cumsum(dim=-2)  # (..., D, H)
        heard = functional.pad(heard[..., :-1, :], (0, 0, 1, 0))  # only the hits before d
        hidden = torch.sigmoid(b_enc[..., None, :] + heard)
        p = torch.sigmoid(b_dec + (hidden * self.w_dec).sum(dim=-1))  # (..., D)
        return _bit_nats(p, targets, _LEAST_PROBABILITY)


class Groove(nn.Module):
    """Hits, velocities and offsets, in three blocks of one value a drum.

    Hits are drawn; velocities and offsets are numbers, and all are heard again as they are. A
    step's token has bit d set where drum d is struck.
    """

    def __init__(self, drums: int) -> None:
        super().__init__()
        self.draws = drums

    def choose(
        self, raw: Tensor, temperature: float | None, uniforms: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        logits, velocities, offsets = raw.chunk(3, dim=-1)
        hits = _hit(logits, temperature, uniforms)
        output = torch.cat([hits, torch.sigmoid(velocities), torch.tanh(offsets)], dim=-1)
        return _bits(hits), output

    def nats(self, raw: Tensor, targets: Tensor) -> Tensor:
        logits, velocities, offsets = raw.chunk(3, dim=-1)
        hits, true_velocities, true_offsets = targets.chunk(3, dim=-1)
        # Steps without a hit are counted too: Magenta does.
        squares = (torch.sigmoid(velocities) - true_velocities) ** 2
        squares = squares + (torch.tanh(offsets) - true_offsets) ** 2
        struck = _bit_nats(torch.sigmoid(logits), hits, _LEAST_HIT_PROBABILITY)
        return struck + squares.sum(dim=-1)


def _hit(logits: Tensor, temperature: float | None, uniforms: Tensor | None) -> Tensor:
    """1.0 where struck: where a uniform lies below the probability, or the more likely."""
    if temperature is None or uniforms is None:
        return (logits >= 0).to(logits.dtype)
    return (uniforms < torch.sigmoid(logits / temperature)).to(logits.dtype)


def _bits(hits: Tensor) -> Tensor:
    """(M, D) of 0.0 and 1.0 to (M, 1) int64 with bit d set where hit d is; D is at most 61."""
    places = 2 ** torch.arange(hits.shape[-1], device=hits.device)
    return (hits.to(torch.int64) * places).sum(dim=-1, keepdim=True)


def _bit_nats(p: Tensor, targets: Tensor, least: float) -> Tensor:
    costs = targets * (p + least).log() + (1 - targets) * (1 - p + least).log()
    return -costs.sum(dim=-1)
