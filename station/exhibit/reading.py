"""Read the music off the blocks as they are made: pieces, bars, beats, and the keys as struck.

A block is read when it is made, and not before: what a cut, a skip or a failing synth does to a
piece is known by then, so nothing is told that is not heard. Pure: passages in, moments out.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from generators.music import STEPS_PER_BAR, STEPS_PER_QUARTER, Piece
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.score import events
from renderer.synth import BLOCK_FRAMES
from station.exhibit.moments import (
    PULSES_PER_QUARTER,
    BarBegins,
    Beat,
    KeyDown,
    KeyUp,
    Moment,
    Passage,
    PieceBegins,
    Pulse,
)

PULSES_PER_STEP = PULSES_PER_QUARTER // STEPS_PER_QUARTER
BEATS_PER_BAR = STEPS_PER_BAR // STEPS_PER_QUARTER

# A frame from the start of the piece; what comes first on one frame; the moment; and the frame
# of the step that a note stands on.
_Row = tuple[int, int, Moment, int]


class Reading:
    """One broadcast's, block by block."""

    def __init__(self) -> None:
        self._rows: Iterator[_Row] = iter(())
        self._next: _Row | None = None  # the first of the piece that was not told yet
        self._begins = 0  # position of the piece
        self._held: set[tuple[str, int]] = set()  # part and pitch of the keys that are down

    def read(self, passage: Passage) -> list[tuple[int, Moment]]:
        """What is in a block, in time: each moment with its position."""
        told: list[tuple[int, Moment]] = []
        for start in passage.starts:
            told += self._until(start.position, start.position)
            told += self._let_go(start.position)
            told.append((start.position, PieceBegins(start.piece)))
            self._rows = rows(start.piece)
            self._next = next(self._rows, None)
            self._begins = start.position
        end = passage.position + passage.frames
        if passage.begins >= end:  # the next one is there already, and starts in the next block
            return [*told, *self._until(end, passage.begins)]
        self._begins = passage.begins  # a synth that failed holds a piece up
        # A key is struck on the synth's next block: of the last one's, a cut may still take some.
        return [*told, *self._until(end - BLOCK_FRAMES + 1, passage.ends)]

    def _until(self, position: int, ends: int) -> Iterator[tuple[int, Moment]]:
        """The rest of the piece up to a position, if it ends at another.

        A note that stands behind a cut is not played, though it be struck a little before.
        """
        while self._next is not None and self._begins + self._next[0] < position:
            frame, _, moment, written = self._next
            self._next = next(self._rows, None)
            if isinstance(moment, KeyDown):
                if self._begins + written >= ends:
                    continue
                self._held.add((moment.part, moment.pitch))
            elif isinstance(moment, KeyUp):
                if (moment.part, moment.pitch) not in self._held:
                    continue
                self._held.remove((moment.part, moment.pitch))
            yield self._begins + frame, moment

    def _let_go(self, position: int) -> Iterator[tuple[int, Moment]]:
        """What is down when a piece ends comes up."""
        for part, pitch in sorted(self._held):
            yield position, KeyUp(part, pitch)
        self._held.clear()


def rows(piece: Piece) -> Iterator[_Row]:
    """All of a piece but its beginning, in time; on one frame the beat comes before the keys."""
    return heapq.merge(_beats(piece), _keys(piece), key=lambda row: row[:2])


def _beats(piece: Piece) -> Iterator[_Row]:
    glide_qpm = (piece.tempo_end_qpm - piece.tempo_qpm) / piece.trio.steps
    for number in range(piece.trio.steps * PULSES_PER_STEP):
        step = number / PULSES_PER_STEP
        frame = round(piece.seconds_at(step) * SAMPLE_RATE_HZ)
        beat, within = divmod(number, PULSES_PER_QUARTER)
        tempo_qpm = piece.tempo_qpm + glide_qpm * step
        if not within:
            bar, beat = divmod(beat, BEATS_PER_BAR)
            if not beat:
                yield frame, 0, BarBegins(bar + 1, tempo_qpm), frame
            yield frame, 1, Beat(bar + 1, beat + 1, tempo_qpm), frame
        yield frame, 2, Pulse(number), frame


def _keys(piece: Piece) -> Iterator[_Row]:
    found: list[_Row] = []
    up_at: dict[tuple[str, int], int] = {}  # by part and pitch, when the key comes up next
    for event in reversed(events(piece)):
        key = event.part, event.pitch
        if event.velocity:
            seconds = (up_at[key] - event.frame) / SAMPLE_RATE_HZ
            down = KeyDown(event.part, event.pitch, event.velocity, seconds)
            found.append((event.frame, 4, down, event.written))
        else:
            up_at[key] = event.frame
            found.append((event.frame, 3, KeyUp(event.part, event.pitch), event.written))
    return reversed(found)
