"""Bars of latents into tokens, as fast as the machine goes and the same every time.

What a bar decoder's first kernel makes of a token is looked up in a table (one row a token), and
what it makes of the bar's embedding is computed once a bar; a step is then one matrix product and
one table row. Rows are worked in blocks of a fixed size, because a matrix product of another size
may round otherwise: a piece decodes to the same notes whatever it is batched with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from generators.crew import crew
from generators.graphs import graphed
from generators.model import BarDecoder, MusicVAE, TokenEmbedding
from generators.music import STEPS_PER_BAR, Bar
from generators.walk import bar_latent

BLOCK_BARS = 64
CUDA_BLOCK_BARS = 2_048
SMALL_BLOCKS = (4, 16)  # tried where a block would be mostly padding
Plan = tuple[np.ndarray, Sequence[Bar], int, float]  # latents (n, Z), bars, seed, temperature
VECTOR = 32  # floats that torch's loops take at once; a rest goes through another routine


class Sampler:
    """A trained model made ready for sampling on one device."""

    def __init__(
        self, model: MusicVAE, device: torch.device, dtype: torch.dtype | None = None
    ) -> None:
        """`dtype` is of the products; None: the fastest that the device does well."""
        self.config = model.config
        self.device = device
        self._dtype = dtype or fast_dtype(device)
        self._conductor = model.conductor.to(device).eval()
        self._parts = [
            _PartTables(decoder, model.embedding, device, self._dtype)  # type: ignore[arg-type] # all are
            for decoder in model.decoders
        ]
        self._decode_rows = graphed(self._sing, device)
        full = CUDA_BLOCK_BARS if device.type == "cuda" else BLOCK_BARS
        small = () if device.type == "cuda" else SMALL_BLOCKS
        self._blocks = (*(bars for bars in small if self._rounds_alike(bars, full)), full)

    @property
    def arithmetic(self) -> str:
        """See `generators.ensemble.Singer`."""
        return f"{self.device.type} {str(self._dtype).removeprefix('torch.')}"

    @torch.inference_mode()
    def decode(
        self, latents: np.ndarray, bars: Sequence[Bar], seed: int, temperature: float
    ) -> np.ndarray:
        """The tokens of one piece, int16 `(16 bars, 3)`: see `decode_many`."""
        return self.decode_many([(latents, bars, seed, temperature)])[0]

    @torch.inference_mode()
    def decode_many(self, plans: Sequence[Plan]) -> list[np.ndarray]:
        """Decode pieces, each (latents `(n, z_size)`, its bars, seed, temperature), together."""
        rows: list[tuple[Any, ...]] = []
        order = []  # of each bar of each piece, its row
        for latents, bars, seed, temperature in plans:
            row_of: dict[tuple[Any, ...], int] = {}  # a section that returns is decoded once
            for bar in bars:
                if (voice := _voice(bar)) not in row_of:
                    row_of[voice] = len(rows)
                    z = bar_latent(latents, bar)
                    rows.append((z, bar.place, noise(seed, bar), temperature))
                order.append(row_of[voice])
        if not rows:
            return [np.zeros((0, 3), np.int16) for _ in plans]
        z, places, uniforms, temperatures = (np.stack(column) for column in zip(*rows, strict=True))
        temperatures = temperatures.astype(np.float32)
        full = self._blocks[-1]
        blocks = [slice(start, start + full) for start in range(0, len(rows), full)]
        with crew(1 if self.device.type == "cuda" else torch.get_num_threads()) as hands:
            decoded = hands(
                lambda at: self._decode_block(z[at], places[at], uniforms[at], temperatures[at]),
                blocks,
            )
            tokens = np.concatenate(list(decoded))[order]  # (bars, S, 3)
        ends = np.cumsum([len(bars) for _, bars, _, _ in plans])
        return [part.reshape(-1, 3) for part in np.split(tokens, ends[:-1])]

    @torch.inference_mode()
    def _decode_block(self, *columns: np.ndarray) -> np.ndarray:
        """Latents, places, uniforms and temperatures, a row a bar, to int16 (M, S, 3)."""
        filled = len(columns[0])
        bars = next(bars for bars in self._blocks if bars >= filled)
        padding = (0,) * (bars - filled)  # the first bar again and again
        rows = [*range(filled), *padding]
        tensors = (torch.from_numpy(column[rows]).to(self.device) for column in columns)
        return self._decode_rows(*tensors)[:filled].cpu().numpy()

    def _sing(self, z: Tensor, places: Tensor, uniforms: Tensor, temperatures: Tensor) -> Tensor:
        embeddings = self._conductor(z)  # (M, N, H)
        bars = embeddings[torch.arange(len(z), device=self.device), places]
        inverse = 1 / temperatures
        parts = [part.decode(bars, uniforms[..., i], inverse) for i, part in enumerate(self._parts)]
        return torch.stack(parts, dim=-1).to(torch.int16)

    @torch.inference_mode()
    def _rounds_alike(self, bars: int, full: int) -> bool:
        """Whether this machine multiplies blocks of `bars` as it does full ones, to the bit."""
        torch_rng = torch.Generator().manual_seed(0)
        z = torch.randn(full, self.config.z_size, generator=torch_rng).to(self.device)
        widths = (self.config.conductor, self.config.decoder)
        if full % bars or any(width * bars % VECTOR for width in widths):
            return False
        with crew(1):
            whole = self._products(z)
            return all(
                torch.equal(self._products(z[at]), whole[at])
                for start in range(0, full, bars)
                for at in [slice(start, start + bars)]
            )

    def _products(self, z: Tensor) -> Tensor:
        """All that decoding multiplies, (M, ...), if the first bars sang one step."""
        bars = self._conductor(z)[:, 0].contiguous()
        return torch.cat([bars, *(part.products(bars) for part in self._parts)], dim=-1)


def _voice(bar: Bar) -> tuple[Any, ...]:
    """All of a bar that the decoders hear."""
    return bar.start, bar.end, bar.t, bar.place, bar.take


class _PartTables:
    """One bar decoder, folded for sampling."""

    def __init__(
        self,
        decoder: BarDecoder,
        embedding: TokenEmbedding,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._decoder = decoder.to(device).eval()
        cell = decoder.cell
        depth = decoder.logits.out_features
        width = cell.input_size - decoder.initial_state.in_features
        with torch.inference_mode():
            tokens = torch.arange(depth, device=device)
            embedded = embedding.to(device).part(decoder.part, tokens)
            weights: dict[str, Tensor] = dict(cell.named_parameters())
            kernel = weights["weight_ih_l0"]
            self._of_token = embedded @ kernel[:, :width].T  # (depth, 4H)
            self._of_bar = kernel[:, width:].T.contiguous()  # (H, 4H)
            self._bias = weights["bias_ih_l0"] + weights["bias_hh_l0"]
            self._recurrent = weights["weight_hh_l0"].T.contiguous().to(dtype)  # (H, 4H)
            self._logits = decoder.logits.weight.T.contiguous().to(dtype)
        self._dtype = dtype

    def products(self, bars: Tensor) -> Tensor:
        """What embeddings (M, H) are multiplied to on the way to a first token."""
        hidden, cell = self._decoder.start(bars)
        rows = hidden.to(self._dtype)
        recurrent, logits = (rows @ self._recurrent).float(), (rows @ self._logits).float()
        return torch.cat([hidden, cell, bars @ self._of_bar, recurrent, logits], dim=-1)

    def decode(self, bars: Tensor, uniforms: Tensor, inverse_temperatures: Tensor) -> Tensor:
        """Embeddings (M, H) and uniforms (M, S) to tokens (M, S)."""
        hidden, cell = self._decoder.start(bars)
        from_bar = bars @ self._of_bar + self._bias
        gates = from_bar  # the first step follows no token
        tokens: list[Tensor] = []
        for step in range(STEPS_PER_BAR):
            if step:
                gates = from_bar + self._of_token[tokens[-1]]
            gates = gates + (hidden.to(self._dtype) @ self._recurrent).float()
            i, f, g, o = gates.chunk(4, dim=-1)
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
            hidden = torch.sigmoid(o) * torch.tanh(cell)
            logits = (hidden.to(self._dtype) @ self._logits).float() + self._decoder.logits.bias
            tokens.append(draw(logits * inverse_temperatures[:, None], uniforms[:, step]))
        return torch.stack(tokens, dim=1)


def draw(logits: Tensor, uniforms: Tensor) -> Tensor:
    """One class a row by inverting the cumulative distribution: (M, depth), (M,) to (M,)."""
    cumulative = torch.softmax(logits, dim=-1).cumsum(dim=-1)
    drawn = (cumulative < uniforms[:, None] * cumulative[:, -1:]).sum(dim=-1)
    return drawn.clamp(max=logits.shape[-1] - 1)


def noise(seed: int, bar: Bar) -> np.ndarray:
    """A bar's uniforms, float32 `(16, 3)`: the same for all bars of one take.

    Alike bars then draw alike, as bars of one groove are: see docs/decisions/0007.
    """
    return np.random.default_rng([seed, bar.take]).random((STEPS_PER_BAR, 3), np.float32)


def best_device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def fast_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the machine multiplies it in hardware, float32 elsewhere."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.bfloat16
    if device.type == "cpu" and torch.cpu._is_avx512_bf16_supported():
        return torch.bfloat16
    return torch.float32
