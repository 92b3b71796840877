"""Stand-ins that keep to the protocols: time, a decoder in this process, a synth, an encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from generators.cast import Cast
from generators.critic import choose
from generators.groove.touch import Touch
from generators.music import Piece
from generators.sampler import Sampler
from generators.weights import ModelFolder
from renderer.formats import FORMATS, Format
from renderer.pcm import CHANNELS, Packet, Preamble, Start
from station.generator import Choice, Plan
from station.shelf import Shelf
from tests.pieces import make_piece

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


class FakeTime:
    """Time that passes when it is slept or advanced, and not otherwise."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def utc(self) -> datetime:
        return MIDNIGHT + timedelta(seconds=self.seconds)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class InProcess:
    """The decoder without its process. Like the real one, it has no model until it is asked."""

    device = "cpu"
    fault: str | None = None

    def __init__(self, sampler: Sampler, folder: ModelFolder) -> None:
        self.model: Cast | None = None
        self.arithmetic = sampler.arithmetic
        self.seconds_a_bar: float | None = None  # set by the test: real time is no matter here
        self.drummer: Callable[[np.ndarray], Touch] | None = None  # set by the test: by rule else
        self._sampler = sampler
        self._folder = folder

    async def decode(self, plans: list[Plan]) -> list[np.ndarray]:
        self.model = Cast(self._folder)
        return self._sampler.decode_many(
            [(plan.latents, plan.bars, plan.seed, plan.temperature) for plan in plans]
        )

    async def choose(
        self, plans: list[Plan], recent: np.ndarray, wish: Mapping[str, float] | None = None
    ) -> Choice:
        tokens = await self.decode(plans)
        best, verdict = choose(np.stack(tokens), recent, wish=wish)
        return Choice(best, tokens[best], verdict)

    async def touch(self, drums: np.ndarray) -> Touch | None:
        return self.drummer(drums) if self.drummer else None


class NullSynth:
    """A synth that gives silence, or fails where it is told to."""

    def __init__(self, fails: Callable[[], bool] = lambda: False) -> None:
        self._fails = fails

    def program(
        self, channel: int, program: int, is_drums: bool = False, soundfont: str = ""
    ) -> None:
        pass

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        pass

    def note_off(self, channel: int, pitch: int) -> None:
        pass

    def control(self, channel: int, controller: int, value: int) -> None:
        pass

    def all_notes_off(self, channel: int) -> None:
        pass

    def write(self, frames: int) -> np.ndarray:
        if self._fails():
            raise RuntimeError("the synth was told to fail")
        return np.zeros((frames, CHANNELS), np.float32)

    def close(self) -> None:
        pass


class NullEncoder:
    """A packet a block, with nothing in it but its position."""

    def __init__(self, bitrate_kbps: int, start_position: int = 0) -> None:
        self._position = start_position
        self._preamble = Preamble(b"null")

    def encode(self, samples: np.ndarray, starts: Sequence[Start] = ()) -> list[Packet]:
        position = self._position.to_bytes(8, signed=True)
        packet = Packet(position, self._position, len(samples), self._preamble)
        self._position += len(samples)
        return [packet]

    def close(self) -> list[Packet]:
        return []


NULL_FORMATS: Mapping[str, Format] = {
    name: Format(name, "audio/null", "null", NullEncoder, [96]) for name in FORMATS
}


class Ear:
    """A listener that keeps what it hears."""

    def __init__(self, *, icy: bool = False, backlog_bytes: int = 0) -> None:
        self.icy = icy
        self.backlog_bytes = backlog_bytes
        self.heard = bytearray()
        self.left = ""

    def send(self, data: bytes) -> int:
        self.heard += data
        return self.backlog_bytes

    def end(self) -> None:
        self.left = "end"

    def cut_off(self) -> None:
        self.left = "cut off"


def pattern_shelf() -> tuple[Shelf, Piece]:
    """A shelf whose pattern is always this one piece."""
    pattern = make_piece(seed=1_000, origin="pattern")
    return Shelf(lambda: pattern), pattern
