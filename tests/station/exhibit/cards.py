"""A sound card in simulated time, and a station that goes on air beside it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from renderer.pcm import CHANNELS, SAMPLE_RATE_HZ
from station.exhibit.card_process import play
from station.exhibit.card_wire import Gain, Sound
from station.exhibit.loudspeaker import Loudspeaker

BLOCK_FRAMES = 24_000
BUFFER_FRAMES = 9_600
DELAY_SECONDS = 1.0


class Card:
    """Plays at a rate of its own; time passes when it is full. Begins at second 1000."""

    def __init__(self, rate_hz: float = SAMPLE_RATE_HZ) -> None:
        self.seconds = 1000.0
        self.rate_hz = rate_hz
        self.chunks: list[np.ndarray] = []
        self.passes: Callable[[float], None] = lambda seconds: None
        self._dry_at = self.seconds  # when it has played all it has

    def now(self) -> float:
        return self.seconds

    @property
    def write_available(self) -> int:
        return BUFFER_FRAMES - round(max(0.0, self._dry_at - self.seconds) * self.rate_hz)

    def write(self, data: np.ndarray) -> bool:
        while self.write_available < len(data):
            self.sleep(len(data) / self.rate_hz)
        self._dry_at = max(self._dry_at, self.seconds) + len(data) / self.rate_hz
        self.chunks.append(data)
        return False

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.passes(self.seconds)

    def hold_up(self) -> None:
        """The machine has no time for it, for a second."""
        self.seconds += 1

    @property
    def played(self) -> np.ndarray:
        """All it was given, left channel."""
        return np.concatenate(self.chunks)[:, 0]


class OnAir:
    """A broadcast of a sound, block by block as its clock ticks, played on a card."""

    def __init__(self, card: Card, sound: np.ndarray) -> None:
        """`sound`: float32 (frames,), from position 0 on."""
        self.card = card
        self.loudspeaker = Loudspeaker(DELAY_SECONDS)
        self.loudspeaker.hear(Gain(1.0))
        self.began = card.seconds  # when position 0 goes on air; another time if the clock restarts
        self.acts: list[tuple[float, Callable[[], object]]] = []  # done so long after it began
        self._sound = np.repeat(sound[:, None], CHANNELS, axis=1)
        self._position = 0
        self._first = card.seconds
        card.passes = self._tick

    def play(self, seconds: float) -> np.ndarray:
        """What the card was given meanwhile, left channel."""
        self.acts.append((seconds, self.loudspeaker.leave))
        self.acts.sort(key=lambda act: act[0])
        self._tick(self.card.seconds)
        play(self.card, self.loudspeaker, now=self.card.now, sleep=self.card.sleep)
        return self.card.played

    def _tick(self, now: float) -> None:
        while self.acts and self.acts[0][0] <= now - self._first:
            self.acts.pop(0)[1]()
        while (due := self.began + self._position / SAMPLE_RATE_HZ) <= now:
            block = self._sound[self._position : self._position + BLOCK_FRAMES]
            if not len(block):
                return
            self.loudspeaker.hear(Sound(self._position, due, block))
            self._position += len(block)
