"""One face for every model, ours and Magenta's: arrays to latents, latents to notes.

Arrays have the conventions of Magenta's: one-hots (of a trio melody, bass and drums side by side),
rolls of drum hits, or grooves. Work is done in batches, so that many rows need little memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pretty_midi
import torch
from torch import Tensor
from tqdm import tqdm

from generators.codec_models import MagentasModel, Model, OurModel
from generators.errors import GeneratorError
from generators.magenta.config import MagentaConfig
from generators.magenta.converters import Converter, converter_of
from generators.magenta.to_midi import groove_midi, midi_of
from generators.weights import load_model, open_model

BATCH_ROWS = 64


@dataclass(frozen=True, slots=True)
class Played:
    """What a model played, one row a latent."""

    tokens: np.ndarray  # int64, (n, steps), or (n, steps, parts) of several; drum hits as bits
    outputs: np.ndarray  # (n, steps, output depth): uint8; float32 of a groove
    logits: np.ndarray | None  # float32, (n, steps, raw depth), if asked for; no temperature


class Codec:
    def __init__(self, name: str, model: Model, converter: Converter) -> None:
        self.name = name
        self.converter = converter
        self._model = model
        self.z_size = model.config.z_size
        self.usual_temperature = model.usual_temperature

    def encode(
        self, inputs: np.ndarray, lengths: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where music lies: mu and sigma (a standard deviation), both float32 `(n, z_size)`.

        sigma is NaN where the model came without it.

        Args:
            inputs: `(n, steps, input depth)`.
            lengths: valid steps of each row, int `(n,)`; None: all of them.

        Raises:
            GeneratorError: the arrays do not fit the model.
            WeightsError: the model came without its encoder.
        """
        self._check("inputs", inputs, self._model.input_depth, self._model.encoded_steps)
        if lengths is not None:
            self._check_lengths(lengths, *inputs.shape[:2])
        mu, sigma = [], []
        with torch.inference_mode():
            for rows in _batches(len(inputs), "encode"):
                given = None if lengths is None else torch.tensor(lengths[rows], dtype=torch.int64)
                encoded = self._model.encode(_tensor(inputs[rows]), given)
                mu.append(encoded[0].numpy())
                sigma.append(encoded[1].numpy())
        return np.concatenate(mu), np.concatenate(sigma)

    def play(
        self,
        latents: np.ndarray,
        *,
        temperature: float | None,
        seed: int = 0,
        with_logits: bool = False,
    ) -> Iterator[Played]:
        """Music from latents `(n, z_size)`, batch by batch.

        Args:
            temperature: None plays the most likely notes.
            seed: equal seeds give equal music, however many rows follow.

        Raises:
            GeneratorError: the arguments do not fit the model.
        """
        self._check_latents(latents)
        if temperature is not None and not 0 < temperature < np.inf:
            raise GeneratorError(f"the temperature must be above 0, not {temperature}")
        if seed < 0:
            raise GeneratorError(f"the seed must be 0 or above, not {seed}")
        return self._play(latents, temperature, np.random.default_rng(seed), with_logits)

    def decode(
        self,
        latents: np.ndarray,
        *,
        temperature: float | None,
        seed: int = 0,
        with_logits: bool = False,
    ) -> Played:
        """`play`, all rows in one."""
        batches = self.play(latents, temperature=temperature, seed=seed, with_logits=with_logits)
        return _joined(list(batches))

    def teacher_forced(self, latents: np.ndarray, targets: np.ndarray) -> Played:
        """What the model expects at each step after the true outputs before it.

        Args:
            latents: `(n, z_size)`.
            targets: the true outputs, `(n, steps, output depth)`.

        Returns:
            The raw logits, and what is most likely by them.
        """
        self._check_latents(latents)
        self._check("targets", targets, self._model.output_depth, self._model.taught_steps)
        if len(targets) != len(latents):
            raise GeneratorError(
                f"{len(latents)} latents and {len(targets)} targets: give one each"
            )

        batches = []
        with torch.inference_mode():
            for rows in _batches(len(latents), "decode"):
                raw = self._model.teacher_forced(_tensor(latents[rows]), _tensor(targets[rows]))
                batches.append(self._played(*self._model.most_likely(raw), raw))
        return _joined(batches)

    def midi(self, played: Played) -> Iterator[pretty_midi.PrettyMIDI]:
        """Each row as MIDI, at 120 quarter notes a minute."""
        for tokens, outputs in zip(played.tokens, played.outputs, strict=True):
            if self.converter.kind == "groove":
                yield groove_midi(outputs)
            else:
                grid = tokens.reshape(len(tokens), -1)
                yield midi_of(grid, self.converter.parts, self.converter.drum_kinds)

    def _play(
        self,
        latents: np.ndarray,
        temperature: float | None,
        rng: np.random.Generator,
        with_logits: bool,
    ) -> Iterator[Played]:
        for rows in _batches(len(latents), "decode"):
            z = _tensor(latents[rows])
            with torch.inference_mode():
                music = self._model.decode(z, temperature, self._model.noise(rng, len(z)))
            tokens, outputs, raw = music
            yield self._played(tokens, outputs, raw if with_logits else None)

    def _played(self, tokens: Tensor, outputs: Tensor, raw: Tensor | None) -> Played:
        exact = np.float32 if self.converter.kind == "groove" else np.uint8
        logits = None if raw is None else raw.numpy()
        return Played(tokens.numpy(), outputs.numpy().astype(exact), logits)

    def _check(self, what: str, array: np.ndarray, depth: int, steps: range) -> None:
        if array.ndim != 3 or array.shape[2] != depth or array.shape[1] not in steps:
            some = str(steps[0]) if len(steps) == 1 else f"{steps[0]}..{steps[-1]}"
            raise GeneratorError(
                f"the {what} have the shape {list(array.shape)}; {self.name} takes "
                f"[n, steps, {depth}] with {some} steps"
            )
        if not len(array):
            raise GeneratorError(f"the {what} are empty: there is no row in them")

    def _check_latents(self, latents: np.ndarray) -> None:
        if latents.ndim != 2 or latents.shape[1] != self.z_size:
            raise GeneratorError(
                f"the latents have the shape {list(latents.shape)}; "
                f"{self.name} takes [n, {self.z_size}]"
            )
        if not len(latents):
            raise GeneratorError("the latents are empty: there is no row in them")

    def _check_lengths(self, lengths: np.ndarray, rows: int, steps: int) -> None:
        if lengths.shape != (rows,) or lengths.dtype.kind not in "iu":
            raise GeneratorError(
                f"the lengths are {lengths.dtype} of the shape {list(lengths.shape)}; "
                f"they must be whole numbers, one for each of {rows} rows"
            )
        least = steps if len(self._model.encoded_steps) == 1 else 1
        wrong = lengths[(lengths < least) | (lengths > steps)]
        if len(wrong):
            raise GeneratorError(
                f"a length is {wrong[0]}; {self.name} takes {least}..{steps} of these inputs"
                if least < steps
                else f"a length is {wrong[0]}; {self.name} encodes whole windows of {steps} steps"
            )


def open_codec(path: Path) -> Codec:
    """Open a model folder of either family.

    Raises:
        WeightsError: something is missing, unreadable, or not what was saved.
    """
    folder = open_model(path)
    loaded = load_model(folder)
    model: Model = (
        MagentasModel(loaded) if isinstance(folder.config, MagentaConfig) else OurModel(loaded)
    )
    return Codec(folder.name, model, converter_of(folder.config))


def _joined(batches: Sequence[Played]) -> Played:
    logits = [batch.logits for batch in batches if batch.logits is not None]
    return Played(
        np.concatenate([batch.tokens for batch in batches]),
        np.concatenate([batch.outputs for batch in batches]),
        np.concatenate(logits) if logits else None,
    )


def _batches(count: int, doing: str) -> Iterator[slice]:
    """Slices of rows, under a progress bar where there is more than one."""
    with tqdm(total=count, desc=doing, unit="row", disable=count <= BATCH_ROWS) as bar:
        for start in range(0, count, BATCH_ROWS):
            rows = slice(start, min(start + BATCH_ROWS, count))
            yield rows
            bar.update(rows.stop - rows.start)


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array, np.float32))  # a copy: files are mapped read-only
