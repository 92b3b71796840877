"""The weights Magenta's training begins from: for benches and tests at the published sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from generators.magenta.config import MagentaConfig
from generators.magenta.variables import expected_variables

_SMALL = ("encoder/mu/", "encoder/sigma/", "initial_state/")
_SMALL_DEVIATION = 0.001


class Untrained(Mapping[str, Tensor]):
    """Random variables of a model, each made when it is asked for, so that none is held twice.

    Kernels are Glorot-uniform over the whole `[in + H, 4H]`, those of the latent and of initial
    states normal with deviation 0.001, biases 0: TensorFlow's start, not PyTorch's.
    """

    def __init__(self, config: MagentaConfig, seed: int) -> None:
        self._shapes = expected_variables(config)
        self._seeds = {name: (seed << 16) + i for i, name in enumerate(self._shapes)}

    def __getitem__(self, name: str) -> Tensor:
        values = torch.zeros(self._shapes[name])
        rng = torch.Generator().manual_seed(self._seeds[name])
        if name.endswith("/bias"):
            return values
        if any(part in name for part in _SMALL):
            return values.normal_(std=_SMALL_DEVIATION, generator=rng)
        bound = math.sqrt(6 / sum(values.shape[-2:]))
        return values.uniform_(-bound, bound, generator=rng)

    def __iter__(self) -> Iterator[str]:
        return iter(self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)
