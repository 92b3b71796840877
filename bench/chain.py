"""How much faster than real time each part of the station runs on this machine.

    python bench/chain.py [--minutes 4] [--candidates 24]

One thread does it all, in turns: composes pieces and bridges with the shipped model, renders
them, and encodes them. Prints CPU seconds a minute of music and times real time, part by part.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch

from generators.cast import Cast
from generators.critic import choose
from generators.sampler import Sampler, best_device
from generators.weights import SHIPPED_MODEL, load_model, open_model
from renderer.formats import FORMATS
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

BITRATES_KBPS = {"mp3": 128, "opus": 96}


class InProcess:
    """The generator's work without its process, so that it can be timed."""

    def __init__(self) -> None:
        self.model = Cast(open_model(SHIPPED_MODEL))
        self._sampler = Sampler(load_model(self.model.lead), best_device())
        self.seconds = 0.0
        self.device = str(best_device())
        self.seconds_a_bar: float | None = None

    async def decode(self, plans: list[Plan], /) -> list[np.ndarray]:
        started = time.process_time()
        rows: list[Any] = [(p.latents, p.bars, p.seed, p.temperature) for p in plans]
        tokens = self._sampler.decode_many(rows)
        self.seconds += time.process_time() - started
        return tokens

    async def choose(self, plans: list[Plan], recent: np.ndarray, /) -> Choice:
        tokens = await self.decode(plans)
        best, verdict = choose(np.stack(tokens), recent)
        return Choice(best, tokens[best], verdict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]  # there is one
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--candidates", type=int, default=24)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    decoder = InProcess()
    composer = Composer(
        decoder, seed=1, candidates=arguments.candidates, clock=lambda: datetime.now(UTC)
    )
    asyncio.run(composer.compose(None, DAY, Controls()))  # warm
    decoder.seconds = 0.0

    spent = dict.fromkeys(("composing", "rendering", "mastering", *BITRATES_KBPS), 0.0)

    @contextmanager
    def spending(part: str) -> Iterator[None]:
        started = time.process_time()
        yield
        spent[part] += time.process_time() - started

    pieces, seconds = [], 0.0
    with spending("composing"):
        while seconds < arguments.minutes * 60:
            last = pieces[-1] if pieces else None
            pieces += asyncio.run(composer.compose(last, DAY, Controls()))
            seconds = sum(piece.seconds for piece in pieces)
    spent["decoding"] = decoder.seconds
    spent["composing"] -= decoder.seconds

    queue = iter(pieces)
    player = Player(Synth(find_soundfont().path), lambda: next(queue))
    master = Master()
    encoders = {name: FORMATS[name].encoder(kbps, 0) for name, kbps in BITRATES_KBPS.items()}
    for _ in range(int(seconds * SAMPLE_RATE_HZ) // BLOCK_FRAMES):
        with spending("rendering"):
            samples = player.render(BLOCK_FRAMES).samples
        with spending("mastering"):
            samples = master.process(samples)
        for name, encoder in encoders.items():
            with spending(name):
                encoder.encode(samples)

    device = best_device()
    print(f"{seconds:.0f} s of music, {arguments.candidates} candidates a piece, on {device}")
    for part in ("decoding", "composing", "rendering", "mastering", *BITRATES_KBPS):
        share = spent[part] / seconds
        print(f"{part:>10}: {60 * share:6.3f} CPU s a minute, {1 / share:7.0f} times real time")
    print(f"{'all':>10}: {seconds / sum(spent.values()):.0f} times real time")


if __name__ == "__main__":
    main()
