"""How fast pieces are sampled: Magenta's trio at its full published size, and the shipped model.

    PYTHONPATH=. .venv/bin/python bench/sampling.py [--json FILE] [--tries 3] [--threads N]

Wall and CPU seconds a piece and times real time, beside what the machine could do at best (weights
read once a serial step, multiply-adds at the speed of one large product) and beside the original's
way: bar after bar in float32 (bench/original.py). All ways take turns, so that a noisy machine is
noisy for all. Magenta's weights are random, at TensorFlow's start; "lively" ones are three times as
large, so that every note changes the ones after it: the worst case for guessing.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bench.floor import Cost, Machine, magenta_cost, measure, our_cost
from bench.original import Original
from generators.magenta.arithmetic import Precision, fast_precision
from generators.magenta.chains import Work
from generators.magenta.config import MAGENTA_CONFIGS, MagentaConfig
from generators.magenta.sampler import MagentaSampler, decoder_variables
from generators.magenta.untrained import Untrained
from generators.magenta.variables import expected_variables
from generators.music import Bar
from generators.sampler import Sampler
from generators.weights import SHIPPED_MODEL, load_model, open_model

CPU = torch.device("cpu")
TRIO = "hierdec-trio_16bar"
BAR_SECONDS = 2.0  # at 120 quarter notes a minute
MAGENTAS_BATCHES, OUR_BATCHES, CUDA_BATCHES = (1, 8, 64), (1, 8, 64, 512), (1, 64, 1_024, 4_096)
ORIGINAL_BARS = 2  # timed of the original's way: its bars all take the same
LIVELINESS = 3.0


@dataclass(slots=True)
class Line:
    """One way to sample, one batch size."""

    way: str
    pieces: int
    piece_seconds: float  # of music
    wall_seconds: float  # a piece
    cpu_seconds: float  # a piece
    floor_seconds: float  # a piece
    redone: float = 0.0  # bars decoded again, as a share

    @property
    def real_time(self) -> float:
        return self.piece_seconds / self.wall_seconds


@dataclass(slots=True)
class Way:
    """Something to time: `decode` samples the first `share` of a batch of `pieces`."""

    name: str
    pieces: int
    decode: Callable[[], object]
    share: float = 1.0
    sampler: MagentaSampler | None = None  # asked how much it decoded again


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    fast = fast_precision(CPU)
    shipped = "bfloat16" if fast == "int8" else fast
    precisions: list[Precision] = list(dict.fromkeys(["float32", shipped, fast]))
    machine = measure(arguments.threads, precisions)
    rates = ", ".join(f"{name} {r / 1e9:.0f} G/s" for name, r in machine.products_second.items())
    print(f"{platform.processor() or platform.machine()}, {arguments.threads} threads")
    print(f"reads {machine.bytes_second / 1e9:.0f} GB/s; multiply-adds {rates}\n")
    lines = [
        *magentas(machine, arguments.tries, arguments.threads, fast, precisions),
        *ours(machine, arguments.tries, shipped),
    ]
    if torch.cuda.is_available():
        lines += list(on_cuda(arguments.tries))
    if arguments.json:
        found = {"machine": asdict(machine), "lines": [asdict(line) for line in lines]}
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


def magentas(
    machine: Machine, tries: int, threads: int, fast: Precision, precisions: list[Precision]
) -> Iterator[Line]:
    config = MAGENTA_CONFIGS[TRIO]
    weights = sum(np.prod(shape) for shape in expected_variables(config).values())
    variables = {name: Untrained(config, 1)[name] for name in decoder_variables(config)}
    sung = sum(v.numel() for v in variables.values())
    print(f"{TRIO}: {weights / 1e6:.0f} M weights, {sung / 1e6:.0f} M of them sing; 32 s a piece")
    original = Original(config, variables)
    samplers = {
        str(p): MagentaSampler(config, variables, CPU, precision=p, threads=threads)
        for p in precisions
    }
    lively = Lively(variables)
    samplers[f"{fast}, lively"] = MagentaSampler(
        config, lively, CPU, precision=fast, threads=threads
    )
    cost = magenta_cost(config)
    for pieces in MAGENTAS_BATCHES:
        z, uniforms = draws(config, pieces)
        given = torch.from_numpy(z), torch.from_numpy(uniforms), 1.0, ORIGINAL_BARS
        share = ORIGINAL_BARS / config.bars
        ways = [Way("as the original", pieces, partial(original.decode, *given), share)]
        warmth = np.ones(pieces, np.float32)
        ways += [
            Way(name, pieces, partial(sampler.decode, z, uniforms, warmth), sampler=sampler)
            for name, sampler in samplers.items()
        ]
        yield from race(ways, tries, cost, machine)


def ours(machine: Machine, tries: int, precision: str) -> Iterator[Line]:
    model = load_model(open_model(SHIPPED_MODEL))
    sampler = Sampler(model, CPU)
    config = model.config
    print(f"\nthe shipped model, {config.name}: {config.bars * BAR_SECONDS:.0f} s a piece")
    for pieces in OUR_BATCHES:
        plans = our_plans(config.bars, config.z_size, pieces)
        way = Way(precision, pieces, partial(sampler.decode_many, plans))
        yield from race([way], tries, our_cost(config), machine)


def on_cuda(tries: int) -> Iterator[Line]:
    """The best batch, and the share of what one large product reaches."""
    device = torch.device("cuda")
    config = MAGENTA_CONFIGS[TRIO]
    square = torch.randn(8192, 8192, device=device, dtype=torch.bfloat16)
    seconds = min(timed_on_cuda(lambda: square @ square) for _ in range(10))
    machine = Machine(float("inf"), {"bfloat16": 8192**3 / seconds})
    print(f"\n{torch.cuda.get_device_name()}: bfloat16 {8192**3 / seconds / 1e12:.0f} T/s")
    sampler = MagentaSampler(config, Untrained(config, 1), device, precision="bfloat16")
    model = load_model(open_model(SHIPPED_MODEL))
    own = Sampler(model, device)
    cost = magenta_cost(config)
    for pieces in CUDA_BATCHES:
        z, uniforms = draws(config, pieces)
        warmth = np.ones(pieces, np.float32)
        way = Way("bfloat16", pieces, partial(sampler.decode, z, uniforms, warmth))
        for line in race([way], tries, cost, machine):
            print(f"    {line.floor_seconds / line.wall_seconds:.0%} of the arithmetic limit")
            yield line
    for pieces in CUDA_BATCHES:
        plans = our_plans(model.config.bars, model.config.z_size, pieces)
        way = Way("bfloat16", pieces, partial(own.decode_many, plans))
        yield from race([way], tries, our_cost(model.config), machine)


def race(ways: list[Way], tries: int, cost: Cost, machine: Machine) -> Iterator[Line]:
    """Time the ways in turns, and print the best of each: others' work only adds."""
    spent: dict[str, list[tuple[float, float]]] = {way.name: [] for way in ways}
    for way in ways:
        way.decode()  # warm
        if way.sampler:
            way.sampler.work = Work()
    for _ in range(tries):
        for way in ways:
            wall, cpu = time.perf_counter(), time.process_time()
            way.decode()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            spent[way.name].append((wall / way.share, cpu / way.share))
    first: float | None = None
    for way in ways:
        wall, cpu = (min(times) / way.pieces for times in zip(*spent[way.name], strict=True))
        precision = way.name.split(",")[0]
        precision = precision if precision in machine.products_second else "float32"
        floor = machine.floor_seconds(cost, way.pieces, precision) / way.pieces
        redone = way.sampler.work.redone if way.sampler else 0.0
        line = Line(way.name, way.pieces, cost.bars * BAR_SECONDS, wall, cpu, floor, redone)
        first = first or wall
        print(
            f"  n = {way.pieces:<4} {way.name:<16} {1000 * wall:9.2f} ms a piece, CPU "
            f"{1000 * cpu:9.2f}, floor {1000 * floor:8.2f}; {line.real_time:8.0f} x real time"
            f"{f', {first / wall:5.1f} x the first' if len(ways) > 1 else ''}"
            f"{f', {redone:.0%} redone' if way.sampler else ''}",
            flush=True,
        )
        yield line


class Lively(Mapping[str, Tensor]):
    """Weights larger than TensorFlow's start, each made when asked for."""

    def __init__(self, variables: Mapping[str, Tensor]) -> None:
        self._variables = variables

    def __getitem__(self, name: str) -> Tensor:
        more = 20.0 if "initial_state" in name else LIVELINESS
        return self._variables[name] * more

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


def draws(config: MagentaConfig, pieces: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(pieces)
    z = rng.standard_normal((pieces, config.z_size), dtype=np.float32)
    return z, rng.random((pieces, config.steps, len(config.parts)), dtype=np.float32)


def our_plans(
    bars: int, z_size: int, pieces: int
) -> list[tuple[np.ndarray, list[Bar], int, float]]:
    rng = np.random.default_rng(pieces)
    z = rng.standard_normal((pieces, 1, z_size), dtype=np.float32)
    return [(z[n], [Bar(0, 0, 0.0, place) for place in range(bars)], n, 0.9) for n in range(pieces)]


def timed_on_cuda(work: Callable[[], object]) -> float:
    torch.cuda.synchronize()
    started = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
