"""Magenta's MusicVAE: one set of parts for every published family.

A conductor unrolls a latent into one embedding a bar, and decoders play the bars from their
embeddings, one decoder a part. A flat model is the same with one long bar, played by one decoder
from the latent itself. `decode` is the plain serial decode, step after step in float32: what a
faster one is measured against.

Letters: B rows, T steps, N bars, S steps a bar, M = B N, Z latent, E width of a bar's embedding,
D of an output, C of the controls, R of the raw projections, P parts.

Sources: Roberts et al., "A Hierarchical Latent Vector Model for Learning Long-Term Structure in
Music", ICML 2018; Gillick et al., "Learning to Groove with Inverse Sequence Transformations",
ICML 2019; magenta/models/music_vae.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from generators.errors import WeightsError
from generators.magenta.config import MagentaConfig
from generators.magenta.decoder import CoreDecoder
from generators.magenta.encoder import Encoder
from generators.magenta.recurrent import Stack, Take
from generators.magenta.variables import (
    CONDUCTOR,
    SIGMA,
    conductor_cells,
    expected_variables,
    is_leftover,
)

_NAMED_AT_MOST = 10  # variables, in a message


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a model played, and what it played from."""

    tokens: Tensor  # int64, (B, T), or (B, T, P) of several parts; drum hits and grooves as bits
    outputs: Tensor  # float32, (B, T, D): one-hots; bits; or hits, velocities and offsets
    logits: Tensor  # float32, (B, T, R): the raw projections, before any temperature


class MagentaVAE(nn.Module):
    """A published model. Make one with `from_variables`."""

    def __init__(self, config: MagentaConfig, take: Take, missing: Sequence[str] = ()) -> None:
        """`take` gives a variable by its name; `missing` are the encoder's that there are not."""
        super().__init__()
        self.config = config
        self.missing = tuple(missing)
        no_sigma = any(name.startswith(SIGMA) for name in missing)
        no_mu = any(not name.startswith(SIGMA) for name in missing)
        self.encoder = None if no_mu else Encoder(config, take, with_sigma=not no_sigma)
        self.conductor = None
        if config.bars > 1:
            self.conductor = Stack(take, f"{CONDUCTOR}/initial_state", conductor_cells(config))
        self.decoders = nn.ModuleList(CoreDecoder(config, k, take) for k in range(config.decoders))

    @classmethod
    def from_variables(cls, config: MagentaConfig, variables: Mapping[str, Tensor]) -> MagentaVAE:
        """A model for inference from variables with TensorFlow's names and shapes, float32.

        Each variable is asked for once, so a mapping that reads them from a file as they are
        asked for keeps no second copy. The encoder's may be missing: see `encode`.

        Raises:
            WeightsError: a decoder's variable is missing, one is unknown, or has a wrong shape.
        """
        expected, there = expected_variables(config), set(variables)
        _refuse(
            [name for name in sorted(there) if name not in expected and not is_leftover(name)],
            f"no variables of {config.name}",
        )
        missing = [name for name in expected if name not in there]
        _refuse(
            [name for name in missing if not name.startswith("encoder/")],
            f"missing, and {config.name} cannot decode without",
        )

        def take(name: str) -> Tensor:
            variable = variables[name]
            if tuple(variable.shape) != expected[name]:
                raise WeightsError(
                    f"{name} has the shape {tuple(variable.shape)}; "
                    f"{config.name} needs {expected[name]}"
                )
            return variable.float()

        return cls(config, take, missing).eval().requires_grad_(False)

    @property
    def draws(self) -> int:
        """Uniform numbers a step takes: one a part, or one a drum where hits are drawn singly."""
        return sum(decoder.head.draws for decoder in self._decoders)

    def encode(
        self, inputs: Tensor, lengths: Tensor | None = None, controls: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The posterior of inputs (B, T, input depth): mu and sigma, both (B, Z).

        sigma is a standard deviation; it is NaN where the model came without its variables.

        Args:
            lengths: valid steps of each row, int (B,), in 1..T; None: all of them.
            controls: (B, T, C), only for models that are controlled.

        Raises:
            WeightsError: the model came without its encoder.
        """
        if self.encoder is None:
            raise WeightsError(
                f"this {self.config.name} cannot encode: it was imported without "
                + _listed([name for name in self.missing if not name.startswith(SIGMA)])
                + ". Import it from a whole checkpoint."
            )
        _check_shape("inputs", inputs, (None, None, self.config.input_depth))
        steps = inputs.shape[1]
        inputs = torch.cat([inputs.float(), self._controls(controls, inputs, steps)], dim=-1)
        if self.config.encodes_bars:
            whole = lengths is None or bool((lengths == steps).all())
            if steps != self.config.steps or not whole:
                raise ValueError(f"{self.config.name} encodes exactly {self.config.steps} steps")
            lengths = None
        if lengths is not None and not bool(((lengths >= 1) & (lengths <= steps)).all()):
            raise ValueError(f"lengths must be in 1..{steps}: {lengths.tolist()}")
        mu, sigma = self.encoder(inputs, lengths)
        return mu, sigma

    def embeddings(self, z: Tensor) -> Tensor:
        """What each bar is played from: latents (B, Z) to (B, N, E)."""
        _check_shape("latents", z, (None, self.config.z_size))
        if self.conductor is None:
            return z.float()[:, None]  # (B, 1, Z): one long bar, from the latent itself
        # The conductor hears a single zero a bar, and nothing of the notes.
        nothing = z.new_zeros((len(z), self.config.bars, 1), dtype=torch.float32)
        embeddings: Tensor = self.conductor(nothing, self.conductor.start(z.float()))
        return embeddings

    def teacher_forced(self, z: Tensor, targets: Tensor, controls: Tensor | None = None) -> Tensor:
        """Raw projections (B, T, R) where each step hears the true outputs (B, T, D) before it.

        T is the model's length, or fewer whole bars.
        """
        _check_shape("targets", targets, (len(z), None, self.config.output_depth))
        given = self._controls(controls, z, targets.shape[1])  # (B, T, C)
        length = self.config.segment_steps if self.conductor else targets.shape[1]  # S
        if targets.shape[1] % length or targets.shape[1] > self.config.steps:
            raise ValueError(
                f"targets have {targets.shape[1]} steps; {self.config.name} has bars of "
                f"{length} up to {self.config.steps}"
            )
        # The first step hears zeros; a later bar's first step the last of the bar before.
        previous = functional.pad(targets.float()[:, :-1], (0, 0, 1, 0))  # (B, T, D)
        bars = targets.shape[1] // length
        embeddings = self.embeddings(z)[:, :bars].flatten(0, 1)  # (M, E)
        heard = previous.reshape(len(embeddings), length, previous.shape[-1])  # (M, S, D)
        given = given.reshape(len(embeddings), length, given.shape[-1])  # (M, S, C)
        parts = torch.split(heard, [decoder.depth for decoder in self._decoders], dim=-1)
        raw = [
            decoder(part, embeddings, given)  # (M, S, R)
            for decoder, part in zip(self._decoders, parts, strict=True)
        ]
        return torch.cat(raw, dim=-1).view(len(z), bars * length, -1)  # (B, T, R)

    def nats(self, raw: Tensor, targets: Tensor) -> Tensor:
        """What targets (B, T, D) cost under raw projections (B, T, R): (B, T), all parts added.

        Summed over a row's valid steps it is Magenta's reconstruction loss.
        """
        decoders = self._decoders
        projected = torch.split(raw, [d.projection.out_features for d in decoders], dim=-1)
        true = torch.split(targets.float(), [d.depth for d in decoders], dim=-1)
        costs = [
            decoder.head.nats(part, target)
            for decoder, part, target in zip(decoders, projected, true, strict=True)
        ]
        return torch.stack(costs).sum(dim=0)

    @torch.inference_mode()
    def decode(
        self,
        z: Tensor,
        *,
        temperature: float | None,
        seed: int = 0,
        uniforms: Tensor | None = None,
        steps: int | None = None,
        controls: Tensor | None = None,
    ) -> Decoded:
        """Play latents (B, Z), one step after the other.

        Args:
            temperature: above 0; None plays the most likely notes.
            seed: of the uniforms, when none are given.
            uniforms: (B, T, draws) in [0, 1), what the notes are drawn with.
            steps: T, at most (and by default) the model's length.
            controls: (B, T, C), only for models that are controlled.
        """
        steps = self.config.steps if steps is None else steps
        if not 0 < steps <= self.config.steps:
            raise ValueError(f"{self.config.name} plays 1..{self.config.steps} steps, not {steps}")
        if temperature is not None:
            if not temperature > 0:
                raise ValueError(f"temperature must be above 0, not {temperature} (None: greedy)")
            if uniforms is None:
                numbers = np.random.default_rng(seed).random(
                    (len(z), steps, self.draws), np.float32
                )
                uniforms = torch.from_numpy(numbers)
            _check_shape("uniforms", uniforms, (len(z), steps, self.draws))
            uniforms = uniforms.to(z.device)
        given = self._controls(controls, z, steps)  # (B, T, C)
        embeddings = self.embeddings(z)  # (B, N, E)
        draws = [decoder.head.draws for decoder in self._decoders]
        drawn = [None] * len(draws) if uniforms is None else torch.split(uniforms, draws, dim=-1)
        played = [
            decoder.play(embeddings, given, self.config.segment_steps, temperature, u)
            for decoder, u in zip(self._decoders, drawn, strict=True)
        ]
        tokens, outputs, logits = (torch.cat(parts, dim=-1) for parts in zip(*played, strict=True))
        return Decoded(tokens.squeeze(-1), outputs, logits)

    @property
    def _decoders(self) -> list[CoreDecoder]:
        return list(self.decoders)  # type: ignore[arg-type]  # all are CoreDecoders

    def _controls(self, controls: Tensor | None, like: Tensor, steps: int) -> Tensor:
        """Controls as they were given, or of no width where the model has none: (B, T, C)."""
        if controls is None:
            controls = like.new_zeros((len(like), steps, 0))
        _check_shape("controls", controls, (len(like), steps, self.config.controls))
        return controls.to(like.device, torch.float32)


def _check_shape(what: str, tensor: Tensor, shape: tuple[int | None, ...]) -> None:
    found = tuple(tensor.shape)
    if len(found) != len(shape) or any(
        size not in (None, there) for size, there in zip(shape, found, strict=True)
    ):
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{what} must have the shape ({wanted}), not {found}")


def _refuse(names: Sequence[str], why: str) -> None:
    if names:
        raise WeightsError(f"{_listed(names)}: {why}")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
