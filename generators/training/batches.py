"""Batches made ahead by a thread, so that the device never waits for the corpus."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import numpy as np
import torch
from torch import Tensor

from generators.config import TrainingConfig
from generators.windows import Windows

AHEAD = 2  # batches


class Batches:
    """The batches of one step after the other, from `step` on.

    Each is drawn from its step's own seed: a resumed run goes on as if it had never stopped.
    """

    def __init__(
        self,
        windows: Windows,
        settings: TrainingConfig,
        device: torch.device,
        *,
        seed: int,
        step: int,
    ) -> None:
        self._windows = windows
        self._settings = settings
        self._device = device
        self._seed = seed
        self._step = step  # the next to be made
        self._thread = ThreadPoolExecutor(1, "batches")
        self._made: deque[Future[tuple[int, Tensor]]] = deque()

    def __enter__(self) -> Self:
        for _ in range(AHEAD):
            self._order()
        return self

    def __exit__(self, *raised: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def next(self) -> tuple[int, Tensor]:
        """A seed for torch, and tokens `(B, N, S, 3)` int64 on the device."""
        seed, tokens = self._made.popleft().result()
        self._order()
        return seed, tokens.to(self._device, non_blocking=True)

    def _order(self) -> None:
        self._made.append(self._thread.submit(self._make, self._step))
        self._step += 1

    def _make(self, step: int) -> tuple[int, Tensor]:
        rng = np.random.default_rng([self._seed, step])
        seed = int(rng.integers(2**63))
        tokens = torch.from_numpy(self._windows.batch(rng, self._settings.batch, self._settings))
        # Only from pinned memory can a copy to a GPU run beside its work.
        return seed, tokens.pin_memory() if self._device.type == "cuda" else tokens
