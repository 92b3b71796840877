"""The least that sampling can cost on this machine: what must be read, what must be multiplied."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch

from generators.config import ModelConfig
from generators.magenta.arithmetic import Precision, Product, arithmetic
from generators.magenta.config import MagentaConfig
from generators.music import STEPS_PER_BAR

BYTES = {"float32": 4, "bfloat16": 2, "int8": 1}
READ_BYTES = 256 * 1024**2  # well beyond any cache
TRIES = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """Multiply-adds, which are also weights: each is used once a row."""

    once: int  # a piece: the conductor
    bar: int  # a bar: initial states, and the embedding's part of the gates
    step: int  # a step
    bars: int
    steps: int  # of a bar

    @property
    def piece(self) -> int:
        """Multiply-adds of a piece."""
        return self.once + self.bars * (self.bar + self.steps * self.step)

    @property
    def read(self) -> int:
        """Weights read for a batch of any size, if all bars are decoded at once."""
        return self.once + self.bar + self.steps * self.step


@dataclass(frozen=True, slots=True)
class Machine:
    """What it does at its best, with the threads it was measured with."""

    bytes_second: float  # read from memory; weights that stay in a cache come faster
    products_second: dict[str, float]  # multiply-adds, of each precision

    def floor_seconds(self, cost: Cost, pieces: int, precision: str) -> float:
        """Of a whole batch: no less than the reading, no less than the multiplying."""
        reading = cost.read * BYTES[precision] / self.bytes_second
        return max(reading, pieces * cost.piece / self.products_second[precision])


def magenta_cost(config: MagentaConfig) -> Cost:
    """Of a model with a conductor."""
    states = 2 * sum(config.decoder)
    first, *_, last = config.decoder
    above = sum(4 * (below + own) * own for below, own in pairwise(config.decoder))
    return Cost(
        once=config.z_size * states + config.bars * (4 * first * first + above),
        bar=config.decoders * last * (4 * first + states),
        step=config.decoders * (4 * first * first + above) + last * config.output_depth,
        bars=config.bars,
        steps=config.segment_steps,
    )


def our_cost(config: ModelConfig) -> Cost:
    state = 2 * config.conductor
    width = config.decoder
    return Cost(
        once=config.z_size * state + config.bars * 4 * config.conductor**2,
        bar=3 * config.conductor * 6 * width,
        step=3 * 4 * width * width + width * sum(config.depths),
        bars=config.bars,
        steps=STEPS_PER_BAR,
    )


def measure(threads: int, precisions: list[Precision]) -> Machine:
    """Each thread by itself, as the samplers work: the best of a few tries."""
    cpu = torch.device("cpu")
    memory = [torch.ones(READ_BYTES // 8, dtype=torch.int64) for _ in range(threads)]
    bytes_second = READ_BYTES * threads / _best(threads, lambda thread: memory[thread].sum())
    products = {}
    for precision in precisions:
        kind = arithmetic(precision, cpu, (1024,))
        rows = max(128, kind.most_rows)
        product = kind.product(torch.randn(2048, 4096))
        carried = kind.carry(torch.rand(rows, 2048))
        seconds = _best(threads, partial(_multiply, product, carried))
        products[str(precision)] = threads * rows * 2048 * 4096 / seconds
    return Machine(bytes_second, products)


def _multiply(product: Product, carried: torch.Tensor, _: int) -> torch.Tensor:
    return product(carried, None)


def _best(threads: int, work: Callable[[int], object]) -> float:
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        list(pool.map(work, range(threads)))  # warm
        spent = []
        for _ in range(TRIES):
            started = time.perf_counter()
            list(pool.map(work, range(threads)))
            spent.append(time.perf_counter() - started)
    return min(spent)
