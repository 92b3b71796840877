"""What a codec asks of a model, as ours and Magenta's answer it.

Letters: B rows, T steps, N bars, M = B N, Z latent, R the raw projections, U uniforms a step.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from generators.config import ModelConfig
from generators.errors import GeneratorError
from generators.magenta.config import MagentaConfig
from generators.magenta.decoder import CoreDecoder
from generators.magenta.model import MagentaVAE
from generators.model import BarDecoder, MusicVAE
from generators.music import STEPS_PER_BAR
from generators.sampler import draw

Music = tuple[Tensor, Tensor, Tensor]  # tokens, outputs, raw projections: see generators.codec


class Model(Protocol):
    usual_temperature: float
    input_depth: int
    output_depth: int
    encoded_steps: range  # how long inputs may be
    taught_steps: range  # how long targets may be

    @property
    def config(self) -> ModelConfig | MagentaConfig: ...

    def encode(self, inputs: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """(B, T, input depth) to mu and sigma, both (B, Z)."""

    def noise(self, rng: np.random.Generator, rows: int) -> Tensor:
        """What notes are drawn with: (rows, T, U) in [0, 1)."""

    def decode(self, z: Tensor, temperature: float | None, uniforms: Tensor) -> Music: ...

    def teacher_forced(self, z: Tensor, targets: Tensor) -> Tensor:
        """(B, Z) and (B, T, output depth) to raw projections (B, T, R)."""

    def most_likely(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """Raw projections (B, T, R) to tokens and outputs."""


class MagentasModel:
    usual_temperature = 0.5  # Magenta's own default

    def __init__(self, model: MagentaVAE) -> None:
        self._model = model
        self.config = config = model.config
        if config.controls:
            raise GeneratorError(
                f"{config.name} wants {config.controls} controls at every step, "
                "which these commands do not give"
            )
        self.input_depth, self.output_depth = config.input_depth, config.output_depth
        whole = range(config.steps, config.steps + 1)
        self.encoded_steps = whole if config.encodes_bars else range(1, config.steps + 1)
        bar = config.segment_steps if config.bars > 1 else 1
        self.taught_steps = range(bar, config.steps + 1, bar)

    def encode(self, inputs: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        return self._model.encode(inputs, lengths)

    def noise(self, rng: np.random.Generator, rows: int) -> Tensor:
        shape = (rows, self.config.steps, self._model.draws)
        return torch.from_numpy(rng.random(shape, np.float32))

    def decode(self, z: Tensor, temperature: float | None, uniforms: Tensor) -> Music:
        played = self._model.decode(z, temperature=temperature, uniforms=uniforms)
        return played.tokens, played.outputs, played.logits

    def teacher_forced(self, z: Tensor, targets: Tensor) -> Tensor:
        return self._model.teacher_forced(z, targets)

    def most_likely(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        decoders: list[CoreDecoder] = list(self._model.decoders)  # type: ignore[arg-type]  # all are
        widths = [decoder.projection.out_features for decoder in decoders]
        parts = torch.split(raw.flatten(0, 1), widths, -1)
        chosen = [
            decoder.head.choose(part, None, None)
            for decoder, part in zip(decoders, parts, strict=True)
        ]
        tokens, outputs = (
            torch.cat(each, -1).reshape(*raw.shape[:2], -1) for each in zip(*chosen, strict=True)
        )
        return tokens.squeeze(-1), outputs


class OurModel:
    usual_temperature = 0.9  # a show's default: see docs/settings.md

    def __init__(self, model: MusicVAE) -> None:
        self._model = model
        self.config = config = model.config
        self.input_depth = self.output_depth = sum(config.depths)
        self.encoded_steps = self.taught_steps = range(config.steps, config.steps + 1)

    def encode(self, inputs: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        mu, sigma = self._model.encoder(self._in_bars(inputs))  # it hears whole windows only
        return mu, sigma

    def noise(self, rng: np.random.Generator, rows: int) -> Tensor:
        """The same for each bar of a row: see docs/decisions/0007."""
        bar = torch.from_numpy(rng.random((rows, STEPS_PER_BAR, 3), np.float32))
        return bar.repeat(1, self.config.bars, 1)  # (B, T, 3)

    def decode(self, z: Tensor, temperature: float | None, uniforms: Tensor) -> Music:
        bars = self._model.conductor(z).flatten(0, 1)  # (M, H)
        noise = uniforms.reshape(len(bars), STEPS_PER_BAR, -1)  # (M, S, 3)
        sung = [self._sing(decoder, bars, temperature, noise) for decoder in self._decoders]
        tokens, raw = (
            torch.cat(each, -1).reshape(len(z), self.config.steps, -1)
            for each in zip(*sung, strict=True)
        )
        return tokens, self._one_hots(tokens), raw

    def teacher_forced(self, z: Tensor, targets: Tensor) -> Tensor:
        logits = self._model.teacher_forced(z, self._in_bars(targets))
        return torch.cat(logits, -1).reshape(len(z), self.config.steps, -1)  # (B, T, R)

    def most_likely(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        blocks = torch.split(raw, list(self.config.depths), -1)
        tokens = torch.stack([block.argmax(-1) for block in blocks], -1)
        return tokens, self._one_hots(tokens)

    def _sing(
        self, decoder: BarDecoder, bars: Tensor, temperature: float | None, noise: Tensor
    ) -> tuple[Tensor, Tensor]:
        """One part of all bars (M, H): tokens (M, S, 1) and logits (M, S, depth)."""
        hidden, cell = decoder.start(bars)
        state = hidden[None].contiguous(), cell[None].contiguous()
        heard = bars.new_zeros(len(bars), self.config.embedding)  # a bar begins from nothing
        tokens, logits = [], []
        for step in range(STEPS_PER_BAR):
            output, state = decoder.cell(torch.cat([heard, bars], -1)[:, None], state)
            logit = decoder.logits(output[:, 0])  # (M, depth)
            if temperature is None:
                token = logit.argmax(-1)
            else:
                token = draw(logit / temperature, noise[:, step, decoder.part])
            heard = self._model.embedding.part(decoder.part, token)
            tokens.append(token)
            logits.append(logit)
        return torch.stack(tokens, 1)[..., None], torch.stack(logits, 1)

    def _in_bars(self, one_hots: Tensor) -> Tensor:
        """(B, T, output depth) to tokens (B, N, S, 3)."""
        blocks = torch.split(one_hots, list(self.config.depths), -1)
        # What sums to 1 and has a 1 may still hold 0.5 and -0.5, which no file of music does.
        if any(bool((block.sum(-1) != 1).any() or (block.amax(-1) != 1).any()) for block in blocks):
            raise GeneratorError(
                f"{self.config.name} hears one melody, one bass and one drum event a step: "
                "each block of a step must be one 1 and else 0"
            )
        tokens = torch.stack([block.argmax(-1) for block in blocks], -1)  # (B, T, 3)
        return tokens.reshape(len(tokens), self.config.bars, STEPS_PER_BAR, -1)

    def _one_hots(self, tokens: Tensor) -> Tensor:
        columns = zip(tokens.unbind(-1), self.config.depths, strict=True)
        return torch.cat([functional.one_hot(column, depth) for column, depth in columns], -1)

    @property
    def _decoders(self) -> list[BarDecoder]:
        return list(self._model.decoders)  # type: ignore[arg-type]  # all are BarDecoders
