"""One piece sounding on one bank of channels: its keys, its knobs, where it began.

Several may sound at once on one synth: both sets of a bridge's instruments, and what a skip
left behind while it fades.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from generators.music import PARTS, Instruments, Piece
from renderer.balance import Balance
from renderer.levels import Levels, Turn, Way, levels
from renderer.mix import ALL_SOUND_OFF, CHANNEL, CHANNELS_PER_BANK, EXPRESSION, place, programs
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.score import Event, events
from renderer.synth import Synth

FADE_FRAMES = round(0.8 * SAMPLE_RATE_HZ)  # of a skip
NEVER = sys.maxsize  # a position that is not reached


class Performance:
    """A set of instruments plays a piece. Positions are the player's; blocks are its concern."""

    def __init__(
        self, piece: Piece, begin: int, bank: int, instruments: Instruments, levels: Levels
    ) -> None:
        """`begin`: the position of the piece's first frame."""
        self.bank = bank
        self.instruments = instruments
        self._begin = begin
        self._levels = levels
        self._due = _in_time([*events(piece), *levels.turns()])

    @property
    def next_position(self) -> int:
        """Where something is to be done next."""
        return self._begin + self._due[-1].frame if self._due else NEVER

    def play_due(self, synth: Synth, position: int, end: int = NEVER) -> None:
        """Tell the synth everything that is due by now, of a piece that ends at a position.

        A note that stands behind a cut is not played, though it be struck a little before.
        """
        while self.next_position <= position:
            event = self._due.pop()
            channel = self._channel(event.part)
            if isinstance(event, Turn):
                synth.control(channel, event.controller, event.value)
            elif not event.velocity:
                synth.note_off(channel, event.pitch)
            elif self._begin + event.written < end:
                synth.note_on(channel, event.pitch, event.velocity)

    def seat(self, synth: Synth, position: int) -> None:
        """Set the bank's channels up as they are at a position. Not for one that sounds."""
        standing = self.levels_at(position).items()
        for part, program in programs(self.instruments).items():
            channel, strip = self._channel(part), getattr(self.instruments.mix, part)
            synth.program(channel, program, part == "drums", self.instruments.soundfont)
            knobs = [(controller, value) for (of, controller), value in standing if of == part]
            for controller, value in (*place(strip), *knobs):
                synth.control(channel, controller, value)

    def release(self, synth: Synth, position: int) -> None:
        """Let go of every key: what is heard rings out, what has faded is stopped for good."""
        silent = self.silent_at(position)
        for part in PARTS:
            if silent:  # or it would be back when the bank is seated again
                synth.control(self._channel(part), ALL_SOUND_OFF, 0)
            else:
                synth.all_notes_off(self._channel(part))

    def fade(self, way: Way, position: int) -> None:
        """Fade in or out from a position on, in FADE_FRAMES. The music goes on meanwhile."""
        since = position - self._begin
        self._levels = self._levels.fading(way, since, FADE_FRAMES)
        keys = [event for event in self._due if isinstance(event, Event)]
        turns = [turn for turn in self._levels.turns() if turn.frame >= since]
        self._due = _in_time([*keys, *turns])

    def delay(self, frames: int) -> None:
        """Everything comes later."""
        self._begin += frames

    def silent_at(self, position: int) -> bool:
        levels = self.levels_at(position)
        return all(levels[part, EXPRESSION] == 0 for part in PARTS)

    def levels_at(self, position: int) -> dict[tuple[str, int], int]:
        return self._levels.at(position - self._begin)

    def _channel(self, part: str) -> int:
        return self.bank * CHANNELS_PER_BANK + CHANNEL[part]


def casts(piece: Piece, balance: Balance) -> list[tuple[Instruments, Levels]]:
    """Who plays a piece, and how loud: one set of instruments, or two in a bridge."""
    if piece.leaving is None or piece.leaving == piece.instruments:
        return [(piece.instruments, levels(piece, balance))]
    return [
        (piece.leaving, levels(piece, balance, "leave")),
        (piece.instruments, levels(piece, balance, "enter")),
    ]


def _in_time(found: Iterable[Event | Turn]) -> list[Event | Turn]:
    """The last first; of one frame, knobs turn before keys come up before others go down."""

    def moment(event: Event | Turn) -> tuple[int, int]:
        return event.frame, 0 if isinstance(event, Turn) else 1 + (event.velocity > 0)

    return sorted(found, key=moment, reverse=True)
