"""Bars of latents into tokens, as fast as the machine goes and the same every time.

What a bar decoder's first kernel makes of a token is looked up in a table (one row a token), and
what it makes of the bar's embedding is computed once a bar; a step is then one matrix product and
one table row. Rows are worked in blocks of a fixed size, because a matrix product of another size
may round otherwise: a piece decodes to the same notes whatever it is batched with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from generators.model import BarDecoder, MusicVAE, TokenEmbedding
from generators.music import STEPS_PER_BAR, Bar
from generators.walk import slerp

BLOCK_BARS = 64


class Sampler:
    """A trained model made ready for sampling on one device."""

    def __init__(self, model: MusicVAE, device: torch.device) -> None:
        self.config = model.config
        self.device = device
        self._dtype = fast_dtype(device)
        self._conductor = model.conductor.to(device).eval()
        self._parts = [
            _PartTables(decoder, model.embedding, device, self._dtype)  # type: ignore[arg-type]
            for decoder in model.decoders
        ]

    @torch.inference_mode()
    def decode(
        self, latents: np.ndarray, bars: Sequence[Bar], seed: int, temperature: float
    ) -> np.ndarray:
        """The tokens of one piece, int16 `(16 bars, 3)`: see `decode_many`."""
        return self.decode_many([(latents, bars, seed, temperature)])[0]

    @torch.inference_mode()
    def decode_many(
        self, plans: Sequence[tuple[np.ndarray, Sequence[Bar], int, float]]
    ) -> list[np.ndarray]:
        """Decode pieces, each (latents `(n, z_size)`, its bars, seed, temperature), together."""
        rows = [
            (bar_latent(latents, bar), bar.place, noise(seed, bar), temperature)
            for latents, bars, seed, temperature in plans
            for bar in bars
        ]
        if not rows:
            return [np.zeros((0, 3), np.int16) for _ in plans]
        z, places, uniforms, temperatures = (np.stack(column) for column in zip(*rows, strict=True))
        tokens = np.concatenate(
            [
                self._decode_block(z[at], places[at], uniforms[at], temperatures[at])
                for start in range(0, len(rows), BLOCK_BARS)
                for at in [slice(start, start + BLOCK_BARS)]
            ]
        )  # (M, S, 3)
        ends = np.cumsum([len(bars) for _, bars, _, _ in plans])
        return [part.reshape(-1, 3) for part in np.split(tokens, ends[:-1])]

    def _decode_block(
        self, z: np.ndarray, places: np.ndarray, uniforms: np.ndarray, temperatures: np.ndarray
    ) -> np.ndarray:
        filled = len(z)
        pad = BLOCK_BARS - filled
        z, uniforms = (
            np.concatenate([a, np.zeros((pad, *a.shape[1:]), a.dtype)]) for a in (z, uniforms)
        )
        places = np.concatenate([places, np.zeros(pad, places.dtype)])
        temperatures = np.concatenate([temperatures, np.ones(pad, temperatures.dtype)])
        embeddings = self._conductor(torch.from_numpy(z).to(self.device))  # (M, N, H)
        bars = embeddings[
            torch.arange(BLOCK_BARS, device=self.device), torch.from_numpy(places).to(self.device)
        ]
        u = torch.from_numpy(uniforms).to(self.device)
        inverse = torch.from_numpy(1 / temperatures.astype(np.float32)).to(self.device)
        parts = [part.decode(bars, u[..., i], inverse) for i, part in enumerate(self._parts)]
        return torch.stack(parts, dim=-1)[:filled].to(torch.int16).cpu().numpy()


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


def bar_latent(latents: np.ndarray, bar: Bar) -> np.ndarray:
    """Where a bar lies, float32 `(z_size,)`."""
    if bar.start == bar.end:
        return np.asarray(latents[bar.start])
    return slerp(latents[bar.start], latents[bar.end], bar.t)


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
