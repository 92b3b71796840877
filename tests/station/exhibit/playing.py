"""A player with a synth that remembers, and what is told of its blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import cycle

import numpy as np

from generators.music import Piece
from renderer.player import Player
from station.exhibit.moments import KeyDown, Moment, Passage
from station.exhibit.reading import Reading
from tests.station.fakes import NullSynth

FRAMES = 24_000  # of a block, as on air


class Keys(NullSynth):
    """Remembers when which key was struck."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = 0
        self.struck: list[tuple[int, int, int]] = []  # frame, pitch, velocity

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self.struck.append((self.frame, pitch, velocity))

    def write(self, frames: int) -> np.ndarray:
        self.frame += frames
        return super().write(frames)


@dataclass
class Playing:
    """Pieces in turn, block by block."""

    pieces: Iterable[Piece]
    synth: Keys = field(default_factory=Keys)
    told: list[tuple[int, Moment]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.player = Player(
            self.synth,  # type: ignore[arg-type]  # a stand-in
            cycle(self.pieces).__next__,
        )
        self._reading = Reading()

    def passage(self) -> Passage:
        position = self.player.position
        starts = self.player.render(FRAMES).starts
        return Passage(position, FRAMES, starts, *self.player.span)

    def blocks(self, count: int, before: Callable[[int], object] = lambda block: None) -> None:
        """Make blocks and read them; `before` is called with the number of each."""
        for block in range(count):
            before(block)
            self.told += self._reading.read(self.passage())

    @property
    def downs(self) -> list[tuple[int, int, int]]:
        """Position, pitch and velocity of each note that was told."""
        return [
            (position, moment.pitch, moment.velocity)
            for position, moment in self.told
            if isinstance(moment, KeyDown)
        ]
