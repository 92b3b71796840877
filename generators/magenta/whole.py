"""Bars from a model that has none: it decodes whole sequences, of which bars are cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from generators.magenta.sampler import MagentaSampler
from generators.music import PARTS, STEPS_PER_BAR, Bar
from generators.sampler import Plan, noise
from generators.walk import bar_latent


class WholeSampler:
    """A flat model behind the face of those that are conducted from bar to bar."""

    def __init__(self, sampler: MagentaSampler) -> None:
        self._sampler = sampler
        self._columns = [PARTS.index(part) for part in sampler.config.parts]
        self._bars = sampler.config.steps // STEPS_PER_BAR

    @property
    def arithmetic(self) -> str:
        """See `generators.ensemble.Singer`."""
        return self._sampler.arithmetic

    def decode_many(self, plans: Sequence[Plan]) -> list[np.ndarray]:
        """The tokens of each plan, int16 (16 bars, parts). Bars of one latent are cut from one."""
        runs = [
            (latents, run, seed, temperature)
            for latents, bars, seed, temperature in plans
            for run in _runs(bars, self._bars)
        ]
        if not runs:
            return [np.zeros((0, len(self._columns)), np.int16) for _ in plans]
        z = np.stack([bar_latent(latents, run[0]) for latents, run, _, _ in runs])
        uniforms = np.stack(
            [
                np.tile(noise(seed, run[0])[:, self._columns], (self._bars, 1))
                for _, run, seed, _ in runs
            ]
        )
        warmth = np.array([temperature for *_, temperature in runs], np.float32)
        sequences = iter(self._sampler.decode(z.astype(np.float32), uniforms, warmth))
        return [
            np.concatenate(
                [
                    np.zeros((0, len(self._columns)), np.int16),
                    *(_cut(next(sequences), run, self._bars) for run in _runs(bars, self._bars)),
                ]
            )
            for _, bars, _, _ in plans
        ]


def _runs(bars: Sequence[Bar], most: int) -> Iterator[Sequence[Bar]]:
    """Bars in stretches that one sequence covers."""
    start = 0
    for number in range(1, len(bars) + 1):
        if number == len(bars) or not _goes_on(bars[number - 1], bars[number], most):
            yield bars[start:number]
            start = number


def _goes_on(bar: Bar, following: Bar, most: int) -> bool:
    alike = all(
        getattr(bar, name) == getattr(following, name) for name in ("start", "end", "t", "take")
    )
    return alike and following.place == bar.place + 1 and following.place % most != 0


def _cut(sequence: np.ndarray, run: Sequence[Bar], bars: int) -> np.ndarray:
    first = run[0].place % bars * STEPS_PER_BAR
    return sequence[first : first + len(run) * STEPS_PER_BAR]
