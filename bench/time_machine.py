"""How near does the time machine come? A broadcast, and the same stretch of it played again.

    PYTHONPATH=. python bench/time_machine.py [--minutes 60] [--moments 5]

Runs a whole station (generator, shelf, balance, clock, journal, database) as fast as
this machine makes it, and keeps each sample that went to the encoders; on the way it turns the
controls twice and skips twice. Then `Replay` plays all of it but the first minutes again, and
once more from moments in between. Prints the distances: the power of the difference below that of
the broadcast, the loudest difference, correlation, and how many frames are equal to the bit.
bench/time_machine_live.py does the same to a server in real time, over HTTP.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from generators.weights import SHIPPED_MODEL
from renderer.balancer import Balancer
from renderer.formats import FORMATS, Format
from renderer.mastering import Master
from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ, Packet, Start, in_16_bits
from renderer.synth import Synth
from station.clock import ticks
from station.fonts import open_fonts
from station.generator import Generator
from station.replaying import Replay
from station.settings import Settings, StorageSettings
from station.station import Station
from station.stream_settings import HlsSettings, StreamSettings
from storage.database import Database
from storage.journal import Journal

BEGAN = datetime(2026, 1, 1, 7, tzinfo=UTC)
FIRST_SECONDS = 300.0  # of the broadcast, which the replay has to do without
MOMENT_SECONDS = 30.0


class Distance:
    """Between what was broadcast and what was made again, as it comes in."""

    def __init__(self) -> None:
        self._sums = np.zeros(4)  # of squares: broadcast, replay, difference; and their product
        self._most = 0.0
        self._equal = self._equal_16 = self._frames = 0

    def add(self, broadcast: np.ndarray, again: np.ndarray) -> None:
        """Two blocks, float32 (frames, 2)."""
        one, other = broadcast.astype(float), again.astype(float)
        apart = other - one
        self._sums += [(one**2).sum(), (other**2).sum(), (apart**2).sum(), (one * other).sum()]
        self._most = max(self._most, float(np.abs(apart).max(initial=0)))
        self._equal += int((broadcast == again).all(axis=1).sum())
        self._equal_16 += int((in_16_bits(broadcast) == in_16_bits(again)).all(axis=1).sum())
        self._frames += len(one)

    def __str__(self) -> str:
        one, other, apart, product = self._sums
        below = "equal to the bit" if apart == 0 else f"{10 * np.log10(apart / one):+7.1f} dB"
        return (
            f"{self._frames / SAMPLE_RATE_HZ:7.1f} s: difference {below}, most "
            f"{self._most:.1e}, correlation {product / np.sqrt(one * other):.9f}, equal "
            f"{self._equal / self._frames:.2%} (in 16 bits {self._equal_16 / self._frames:.2%})"
        )


class Tape:
    """An encoder that keeps the sound as it comes: float32 frames in a file."""

    def __init__(self, path: Path, bitrate_kbps: int, start_position: int) -> None:
        self._file = path.open("wb")
        self._position = start_position

    def encode(self, samples: np.ndarray, starts: Sequence[Start] = ()) -> list[Packet]:
        self._file.write(samples.astype("<f4").tobytes())
        self._position += len(samples)
        return [Packet(b"", self._position - len(samples), len(samples))]

    def close(self) -> list[Packet]:
        self._file.close()
        return []


class FastTime:
    """Time as the station's clock asks for it; only while controls are on their way, it is real."""

    station: Station

    def __init__(self, seconds: float) -> None:
        self.seconds = 0.0
        self._ends = seconds
        turn, skip = partial(self._turn, tempo=1.1), self._skip
        self._to_do: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            (seconds * 0.3, turn),
            (seconds * 0.45, skip),
            (seconds * 0.6, partial(self._turn, energy=0.5)),
            (seconds * 0.75, skip),
        ]

    def now(self) -> float:
        return self.seconds

    def utc(self) -> datetime:
        return BEGAN + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        if self.station.replanner.is_busy:
            await asyncio.sleep(seconds)
        self.seconds += seconds
        while self._to_do and self._to_do[0][0] <= self.seconds:
            await self._to_do.pop(0)[1]()
        await self.station.top_up()
        if self.seconds >= self._ends:
            await self.station.close()

    async def _turn(self, **changes: float) -> None:
        await self.station.turn(changes)

    async def _skip(self) -> None:
        await self.station.skip()


async def broadcast(
    settings: Settings, folder: Path, seconds: float, make_synth: Callable[[], Synth]
) -> None:
    """A station on air, for so long, with its log and its sound in the folder."""
    fast = FastTime(seconds)
    database = Database.open(f"sqlite:///{folder}/log.db")
    journal = Journal(folder, database)
    generator = Generator(settings.generator.model or SHIPPED_MODEL, settings.generator.partners)
    flac = FORMATS["flac"]
    tape = Format("flac", "", "flac", partial(Tape, folder / "tape"), flac.bitrates_kbps)
    station = fast.station = Station(
        "main",
        settings,
        generator,
        journal,
        make_synth,
        seed=2026,
        formats={"flac": tape},
        clock=partial(ticks, now=fast.now, sleep=fast.sleep),
        utc=fast.utc,
        now=fast.now,
    )
    try:
        await station.top_up()
        await station.run()
        station.free()
    finally:
        await generator.close()
        journal.close(30)
        database.close()


def compared(replay: Replay, tape: np.ndarray, at: int) -> Distance:
    """A replay and the frames of the tape that begin with its own first one, at `at`."""
    distance, done, warm = Distance(), 0, None
    began = time.monotonic()
    with closing(replay.sound()) as sound:
        for block in sound:
            if len(block) and warm is None:
                warm = time.monotonic() - began
            distance.add(tape[at + done : at + done + len(block)], block)
            done += len(block)
    took = time.monotonic() - began
    speed = done / SAMPLE_RATE_HZ / took
    print(f"  {warm or 0:.1f} s to the first sound; {speed:.1f} times real time")
    return distance


def fast(minutes: float, moments: int, folder: Path) -> None:
    settings = Settings(
        storage=StorageSettings(folder=folder),
        stream=StreamSettings(mounts=("flac",)),
        hls=HlsSettings(enabled=False),
    )
    fonts, _ = open_fonts(settings)
    seconds = FIRST_SECONDS + 60 * minutes
    began = time.monotonic()
    asyncio.run(broadcast(settings, folder, seconds + 5, fonts.synth))
    print(f"{seconds / 60:.0f} minutes broadcast in {(time.monotonic() - began) / 60:.1f}")
    tape = np.memmap(folder / "tape", "<f4", "r").reshape(-1, CHANNELS)
    database = Database.open(f"sqlite:///{folder}/log.db")
    dice = random.Random(1)
    asked = [(FIRST_SECONDS, 60 * minutes)]
    asked += [
        (dice.uniform(FIRST_SECONDS, seconds - MOMENT_SECONDS), MOMENT_SECONDS)
        for _ in range(moments)
    ]
    for since, length in asked:
        replay = Replay(
            database,
            "main",
            BEGAN + timedelta(seconds=since),
            length,
            make_synth=fonts.synth,
            balancer=Balancer(fonts.synth),
        )
        print(f"from {since / 60:.1f} min:")
        at = round(since * SAMPLE_RATE_HZ) + Master.delay_frames
        print(f"  {compared(replay, tape, at)}", flush=True)
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60, help="to compare, in fast time")
    parser.add_argument("--moments", type=int, default=5, help="to begin at, besides")
    parser.add_argument("--folder", type=Path, help="where to keep it all; else it is thrown away")
    wanted = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as scratch:
        folder = wanted.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        fast(wanted.minutes, wanted.moments, folder)


if __name__ == "__main__":
    main()
