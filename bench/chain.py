"""How much faster than real time each part of the station runs on this machine.

    python bench/chain.py [--minutes 8] [--candidates 24]

One thread does it all, in turns: composes pieces and bridges with the shipped model, balances
them, renders, masters, judges the joins and encodes. Prints CPU seconds a minute of music and
times real time, part by part. What is done once an instrument is a line of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import torch

from generators.cast import Cast
from generators.critic import choose
from generators.groove.drummer import load_drummer
from generators.groove.touch import SHIPPED_GROOVE, Touch
from generators.music import Piece
from generators.sampler import Sampler, best_device
from generators.weights import SHIPPED_MODEL, load_model, open_model
from renderer.balancer import Balancer
from renderer.formats import FORMATS
from renderer.joins import JoinMeter
from renderer.mastering import Master
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.player import Player
from renderer.soundfont import find_soundfont
from renderer.synth import Synth
from station.composer import Composer
from station.controls import Controls
from station.generator import Choice, Plan
from station.show_settings import DAY
from station.station import BLOCK_FRAMES

BITRATES_KBPS = {"mp3": 128, "opus": 96, "opus-tagged": 96, "aac": 128, "flac": 900}
PARTS = (
    *("decoding", "choosing", "drumming", "composing"),  # composing: all else that it takes
    *("balancing", "rendering", "mastering", "judging joins"),
    *BITRATES_KBPS,
)


class Spent:
    """CPU seconds of this thread, by part; what is inside another part is not counted twice."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._inside = [0.0]

    @contextmanager
    def on(self, part: str) -> Iterator[None]:
        self._inside.append(0.0)
        started = time.process_time()
        yield
        took = time.process_time() - started
        self.seconds[part] += took - self._inside.pop()
        self._inside[-1] += took


class InProcess:
    """The generator's work without its process, so that it can be timed."""

    def __init__(self, spent: Spent | None = None) -> None:
        cast = Cast(open_model(SHIPPED_MODEL))
        self.model: Cast | None = cast
        self.device = str(best_device())
        self.seconds_a_bar: float | None = None
        self.spent = spent or Spent()
        self._sampler = Sampler(load_model(cast.lead), best_device())
        self._drummer = load_drummer(SHIPPED_GROOVE)

    async def decode(self, plans: list[Plan], /) -> list[np.ndarray]:
        rows: list[Any] = [(p.latents, p.bars, p.seed, p.temperature) for p in plans]
        with self.spent.on("decoding"):
            return self._sampler.decode_many(rows)

    async def choose(
        self, plans: list[Plan], recent: np.ndarray, wish: Mapping[str, float], /
    ) -> Choice:
        tokens = await self.decode(plans)
        with self.spent.on("choosing"):
            best, verdict = choose(np.stack(tokens), recent, wish=wish)
        return Choice(best, tokens[best], verdict)

    async def touch(self, drums: np.ndarray, /) -> Touch | None:
        with self.spent.on("drumming"):
            return self._drummer.touch(drums)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--candidates", type=int, default=24)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    decoder = InProcess()
    composer = Composer(
        decoder, seed=1, candidates=arguments.candidates, clock=lambda: datetime.now(UTC)
    )
    asyncio.run(composer.compose(None, DAY, Controls()))  # warm
    spent = decoder.spent = Spent()

    pieces = compose(composer, spent, arguments.minutes * 60)
    seconds = sum(piece.seconds for piece in pieces)
    make_synth = partial(Synth, find_soundfont().path)
    balancer = Balancer(make_synth)
    started = time.process_time()
    balance(balancer, [replace(piece, id=f"{piece.id}, first") for piece in pieces])
    beforehand = time.process_time() - started
    with spent.on("balancing"):  # by one who knows the instruments, as a station soon does
        balance(balancer, pieces)
    beforehand -= spent.seconds["balancing"]
    sound(pieces, make_synth, balancer, spent)

    print(f"{seconds:.0f} s of music, {arguments.candidates} candidates a piece, {decoder.device}")
    for part in PARTS:
        share = spent.seconds[part] / seconds
        print(f"{part:>13}: {60 * share:6.3f} CPU s a minute, {1 / share:7.0f} times real time")
    total = sum(spent.seconds.values())
    print(f"{'all':>13}: {60 * total / seconds:6.3f} CPU s a minute, {seconds / total:7.0f} times")
    print(f"   beforehand: {beforehand:6.3f} CPU s to measure the instruments, once each")


def compose(composer: Composer, spent: Spent, seconds: float) -> list[Piece]:
    pieces: list[Piece] = []
    while sum(piece.seconds for piece in pieces) < seconds:
        with spent.on("composing"):
            last = pieces[-1] if pieces else None
            pieces += asyncio.run(composer.compose(last, DAY, Controls()))
    return pieces


def balance(balancer: Balancer, pieces: list[Piece]) -> None:
    for piece in pieces:
        balancer.measure(piece)


def sound(
    pieces: list[Piece], make_synth: Callable[[], Synth], balancer: Balancer, spent: Spent
) -> None:
    """Everything a block goes through on the synth thread."""
    queue, seconds = iter(pieces), sum(piece.seconds for piece in pieces)
    player = Player(make_synth(), lambda: next(queue), balancer.of)
    master, meter = Master(), JoinMeter()
    encoders = {name: FORMATS[name].encoder(kbps, 0) for name, kbps in BITRATES_KBPS.items()}
    for _ in range(int(seconds * SAMPLE_RATE_HZ) // BLOCK_FRAMES):
        with spent.on("rendering"):
            pcm = player.render(BLOCK_FRAMES)
        with spent.on("mastering"):
            samples = master.process(pcm.samples)
        with spent.on("judging joins"):
            meter.listen(samples, pcm.position - master.delay_frames, pcm.starts)
        for name, encoder in encoders.items():
            with spent.on(name):
                encoder.encode(samples, pcm.starts)


if __name__ == "__main__":
    main()
