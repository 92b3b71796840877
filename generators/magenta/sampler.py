"""Latents into tokens with Magenta's weights: the notes they mean, at many times the speed.

The network is folded (see `folded`), multiplied in whole numbers where the machine can (see
`arithmetic`), and its bars are decoded side by side although each begins from the last token of
the bar before (see `chains`). What is sampled does not depend on what it is batched with, nor on
how many threads do it: a thread takes one part of some pieces from beginning to end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from generators.crew import crew
from generators.errors import WeightsError
from generators.graphs import graphed
from generators.magenta.arithmetic import Precision, arithmetic, fast_precision
from generators.magenta.blocks import in_blocks
from generators.magenta.chains import NO_TOKEN, OPENS, Work, sing_in_parallel, sing_serially
from generators.magenta.config import MagentaConfig
from generators.magenta.folded import Conductor, CoreDecoder
from generators.magenta.variables import expected_variables
from generators.music import PARTS, STEPS_PER_BAR
from generators.sampler import Plan, noise
from generators.walk import bar_latent

# Decoded at a time: at the published sizes a bar's contexts and states take 50 KB.
GROUP_BARS = {"cpu": 1_024, "cuda": 16_384}


@dataclass(frozen=True, slots=True)
class Group:
    """Bars of whole pieces, a row a bar."""

    z: np.ndarray  # float32 (L, Z), the latents they come from
    latent: np.ndarray  # (M,), of each bar which
    place: np.ndarray  # (M,), of each bar which of the conductor's
    uniforms: np.ndarray  # float32 (M, S, parts)
    temperatures: np.ndarray  # float32 (M,)
    before: np.ndarray  # (M,), the row of the bar before, or OPENS


class MagentaSampler:
    """A model with categorical outputs made ready for sampling on one device."""

    def __init__(
        self,
        config: MagentaConfig,
        variables: Mapping[str, Tensor],
        device: torch.device,
        *,
        precision: Precision | None = None,
        threads: int | None = None,
    ) -> None:
        """From variables by their TensorFlow names; an encoder's are not looked at.

        Args:
            precision: of the products; None: the fastest that the device does well.
            threads: that decode; None: as many as torch may use (`torch.set_num_threads`).

        Raises:
            ValueError: the model's outputs are not categorical, or it needs controls.
            WeightsError: a variable of the decoder is missing.
        """
        if config.head != "categorical" or config.controls:
            raise ValueError(f"{config.name} has no classes to draw: use MagentaVAE.decode")
        there = set(variables)
        if missing := [name for name in decoder_variables(config) if name not in there]:
            raise WeightsError(f"{config.name} cannot sing: it lacks {', '.join(missing)}")
        self.config = config
        self.device = device
        self.precision = precision or fast_precision(device)
        self.threads = 1 if device.type == "cuda" else threads or torch.get_num_threads()
        self.work = Work()  # so far
        self._group_bars = GROUP_BARS.get(device.type, GROUP_BARS["cpu"])
        self._arithmetic = arithmetic(self.precision, device, config.decoder)
        with torch.inference_mode():
            self._conductor = (
                Conductor(config, variables, self._arithmetic) if config.bars > 1 else None
            )
            self._decoders = [
                CoreDecoder(config, variables, number, self._arithmetic)
                for number in range(config.decoders)
            ]
        self._sing = [graphed(decoder.sing, device) for decoder in self._decoders]

    @property
    def arithmetic(self) -> str:
        """See `generators.ensemble.Singer`."""
        return f"{self.device.type} {self.precision}"

    def decode(
        self, z: np.ndarray, uniforms: np.ndarray, temperatures: np.ndarray, *, serial: bool = False
    ) -> np.ndarray:
        """Whole sequences, all at once.

        Args:
            z: latents, float32 (n, Z).
            uniforms: float32 (n, steps, parts) in [0, 1): what each token is drawn with.
            temperatures: float32 (n,).
            serial: bar after bar, as the original does; the tokens are the same.

        Returns:
            Tokens, int16 (n, steps, parts).
        """
        config = self.config
        parts = len(config.parts)
        if uniforms.shape != (len(z), config.steps, parts):
            raise ValueError(
                f"{config.name} draws {config.steps} steps of {parts} parts from "
                f"each of {len(z)} latents, not uniforms of shape {uniforms.shape}"
            )
        if not len(z):
            return np.zeros(uniforms.shape, np.int16)
        most = max(1, self._group_bars // config.bars)
        groups = []
        for at in np.array_split(np.arange(len(z)), self._shares(len(z), most)):
            rows = np.arange(len(at) * config.bars)
            piece, place = np.divmod(rows, config.bars)
            groups.append(
                Group(
                    z[at].astype(np.float32),
                    piece,
                    place,
                    uniforms[at].reshape(len(rows), config.segment_steps, parts),
                    temperatures[at][piece].astype(np.float32),
                    np.where(place > 0, rows - 1, OPENS),
                )
            )
        return np.concatenate(self._decode(groups, serial)).reshape(uniforms.shape)

    def decode_many(self, plans: Sequence[Plan], *, serial: bool = False) -> list[np.ndarray]:
        """Pieces of bars that have latents of their own, int16 (16 bars, parts) each.

        A bar begins from the last token of the bar before it in its piece, but with nothing where
        its place is 0, as it did when the model was trained.

        Raises:
            ValueError: the model has no bars of its own (no conductor).
        """
        if self._conductor is None or self.config.segment_steps != STEPS_PER_BAR:
            raise ValueError(f"{self.config.name} decodes whole sequences, not bars")
        parts = len(self.config.parts)
        found = [np.zeros((0, parts), np.int16) for _ in plans]
        filled = [number for number, (_, bars, _, _) in enumerate(plans) if bars]
        longest = max((len(plans[number][1]) for number in filled), default=1)
        most = max(1, self._group_bars // longest)
        shares = [
            share
            for share in np.array_split(np.array(filled, int), self._shares(len(filled), most))
            if len(share)
        ]
        groups = [self._group([plans[number] for number in share]) for share in shares]
        for share, tokens in zip(shares, self._decode(groups, serial), strict=True):
            ends = np.cumsum([len(plans[number][1]) for number in share])
            for number, piece in zip(share, np.split(tokens, ends[:-1]), strict=True):
                found[number] = piece.reshape(-1, parts)
        return found

    def _shares(self, pieces: int, most: int) -> int:
        """How many groups to make of so many pieces, if one may have `most`."""
        return max(1, min(pieces, max(self.threads, -(-pieces // most))))

    def _group(self, plans: Sequence[Plan]) -> Group:
        rows = [(plan, number) for plan in plans for number in range(len(plan[1]))]
        bars = [plan[1][number] for plan, number in rows]
        distinct: dict[bytes, int] = {}
        latent = []
        for (latents, *_), bar in zip((plan for plan, _ in rows), bars, strict=True):
            found = bar_latent(latents, bar).astype(np.float32).tobytes()
            latent.append(distinct.setdefault(found, len(distinct)))
        uniforms = [noise(plan[2], bar) for (plan, _), bar in zip(rows, bars, strict=True)]
        follows = [n > 0 and bar.place > 0 for (_, n), bar in zip(rows, bars, strict=True)]
        return Group(
            np.stack([np.frombuffer(found, np.float32) for found in distinct]),
            np.array(latent),
            np.array([bar.place for bar in bars]),
            np.stack(uniforms)[..., [PARTS.index(part) for part in self.config.parts]],
            np.array([plan[3] for plan, _ in rows], np.float32),
            np.where(follows, np.arange(-1, len(rows) - 1), OPENS),
        )

    def _decode(self, groups: Sequence[Group], serial: bool) -> list[np.ndarray]:
        """Groups to their tokens, int16 (M, S, parts) each."""
        with crew(self.threads) as hands:
            contexts = list(hands(self._contexts, groups))
            jobs = [
                partial(self._decode_part, number, group, context, serial)
                for number in range(len(self._decoders))  # at a time all read the same weights
                for group, context in zip(groups, contexts, strict=True)
            ]
            done: list[tuple[np.ndarray, Work]] = list(hands(lambda job: job(), jobs))
        for _, work in done:
            self.work += work
        return [
            np.concatenate([tokens for tokens, _ in done[number :: len(groups)]], axis=-1)
            for number in range(len(groups))
        ]

    @torch.inference_mode()
    def _contexts(self, group: Group) -> Tensor:
        """What each bar is sung from, (M, C)."""
        latents = torch.from_numpy(np.array(group.z)).to(self.device)
        if self._conductor is None:
            return latents[group.latent]
        start = in_blocks(self._conductor.exact, self._conductor.begin, latents)
        embeddings = in_blocks(self._arithmetic, self._conductor.conduct, start)  # (L, bars, C)
        return embeddings[group.latent, group.place]

    @torch.inference_mode()
    def _decode_part(
        self, number: int, group: Group, contexts: Tensor, serial: bool
    ) -> tuple[np.ndarray, Work]:
        """What one decoder makes of a group, int16 (M, S, its parts)."""
        decoder = self._decoders[number]
        uniforms = np.split(group.uniforms, len(self._decoders), axis=-1)[number]
        columns = (
            in_blocks(decoder.outer, decoder.prepare, contexts),
            torch.from_numpy(np.ascontiguousarray(uniforms)).to(self.device),
            torch.from_numpy(group.temperatures).to(self.device),
        )

        def sing(rows: np.ndarray, after: np.ndarray) -> np.ndarray:
            at = torch.from_numpy(rows).to(self.device)
            tokens = torch.from_numpy(after).to(self.device)
            chosen = [column[at] for column in columns]
            return in_blocks(self._arithmetic, self._sing[number], *chosen, tokens).cpu().numpy()

        work = Work()
        steps = uniforms.shape[1]
        if self._conductor is None:  # each piece is one long bar
            rows = np.arange(len(group.before))
            found = sing(rows, np.full((len(rows), uniforms.shape[2]), NO_TOKEN))
        elif serial:
            found = sing_serially(group.before, steps, sing)
        else:
            enough = self._arithmetic.enough_rows
            found = sing_in_parallel(group.before, steps, sing, enough, work)
        return found.astype(np.int16), work


def decoder_variables(config: MagentaConfig) -> list[str]:
    """The names of the variables that sampling needs."""
    return [name for name in expected_variables(config) if not name.startswith("encoder/")]
