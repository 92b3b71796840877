"""Where the room's sound card reads the broadcast: a playhead that keeps its time to the frame.

The broadcast goes by the machine's clock and the card by a crystal of its own, and no two crystals
agree: at 48,005 Hz a card would be a third of a second ahead after an hour, and then have nothing
to play. So it reads a little slower than it plays, or faster. How much is found by a loop of second
order on the error between where it reads and where it should (Adriaensen, "Using a DLL to filter
time", Linux Audio Conference 2005). What is too far off, as after the machine slept, is not drawn
out but left in a fade and entered in another.

Pure: times come in, positions go out. Seconds are those of time.monotonic.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Literal

from renderer.pcm import SAMPLE_RATE_HZ

SMOOTHING_SECONDS = 1.0  # of the error: when a card plays a frame is known to a few ms only
LOOP_RADIANS_A_SECOND = 0.15  # it follows within half a minute
DAMPING = 0.8
LEARNS_SECONDS = 0.005  # a larger error teaches no more: it is a stall, and no crystal
MOST_DRIFT = 1e-3  # 1.7 cents, far below what anybody hears; crystals are within a tenth of it
JUMP_SECONDS = 0.05  # further off than this, it jumps
MARGIN_FRAMES = 64  # what an interpolation reads beyond its ends, and more

Fade = Literal["in", "out", None]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What to play next: from a position on, at a step for each frame."""

    position: float  # frames of the broadcast
    step: float  # frames of the broadcast for one of the card
    fade: Fade


class Playhead:
    """Reads what is heard `delay_seconds` after it goes on air."""

    def __init__(self, delay_seconds: float) -> None:
        self.jumps = 0  # times it left its place, or ran out
        self.error_frames = 0.0  # smoothed: how far the broadcast is ahead of where it reads
        self._delay_frames = delay_seconds * SAMPLE_RATE_HZ
        self._anchor: tuple[float, float] | None = None  # a position, and when it goes on air
        self._place: float | None = None  # where it reads; None while it does not
        self._drift = 0.0

    @property
    def cents(self) -> float:
        """How much too high the card would play, and is corrected by."""
        return -1200 * log2(1 + self._drift)

    def due(self, position: float, seconds: float) -> None:
        """A position goes on air then."""
        self._anchor = position, seconds

    def next(self, frames: int, heard_at: float, begin: int, end: int) -> Stretch | None:
        """Where to read the next frames of the card.

        Args:
            heard_at: when the first of them is heard.
            begin, end: positions that can be read.

        Returns:
            None where there is nothing to play. It fades out while there still is something.
        """
        if self._anchor is None:
            return None
        position, seconds = self._anchor
        wanted = position + (heard_at - seconds) * SAMPLE_RATE_HZ - self._delay_frames
        fade: Fade = None
        if self._place is None:
            if not _within(wanted, 2 * frames, begin, end):
                return None
            self._place, self.error_frames, fade = wanted, 0.0, "in"
        step = self._follow(wanted - self._place, frames / SAMPLE_RATE_HZ)
        stretch = Stretch(self._place, step, fade)
        self._place += step * frames
        is_off = abs(self.error_frames) > JUMP_SECONDS * SAMPLE_RATE_HZ
        if is_off or not _within(self._place, frames, begin, end):
            self._place = None
            self.jumps += 1
            # Frames that fade in and out at once are none.
            return Stretch(stretch.position, step, "out") if fade is None else None
        return stretch

    def _follow(self, error_frames: float, seconds: float) -> float:
        self.error_frames += (error_frames - self.error_frames) * min(
            1.0, seconds / SMOOTHING_SECONDS
        )
        error = self.error_frames / SAMPLE_RATE_HZ
        learned = _bounded(error, LEARNS_SECONDS) * seconds
        self._drift = _bounded(self._drift + LOOP_RADIANS_A_SECOND**2 * learned)
        return 1 + _bounded(self._drift + 2 * DAMPING * LOOP_RADIANS_A_SECOND * error)


def _within(position: float, frames: int, begin: int, end: int) -> bool:
    return begin + MARGIN_FRAMES <= position and position + frames + MARGIN_FRAMES <= end


def _bounded(value: float, most: float = MOST_DRIFT) -> float:
    return max(-most, min(most, value))
