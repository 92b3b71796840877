"""The music as MIDI messages: three channels, and a clock that others follow. Pure.

A piece begins with Stop, song position 0 and Start, and has 24 clocks a quarter note; after a gap
it goes on at the next sixteenth with the song position there and Continue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mido import Message

from generators.music import PARTS, Piece
from renderer.mix import programs
from station.exhibit.moments import KeyDown, KeyUp, Moment, PieceBegins, Pulse, Rest
from station.exhibit.reading import PULSES_PER_STEP

ALL_NOTES_OFF = 123


class MidiMessages:
    """What was sent so far, and so what has to be sent next. Never leaves a note hanging."""

    def __init__(self, channels: Sequence[int], *, clock: bool = True) -> None:
        """`channels` of melody, bass and drums, from 1 to 16."""
        self._channels: Mapping[str, int] = {
            part: channel - 1 for part, channel in zip(PARTS, channels, strict=True)
        }
        self._clock = clock
        self._held: set[tuple[int, int]] = set()  # channel and pitch
        self._piece: Piece | None = None
        self._is_set_up = False  # the channels have the piece's instruments
        self._next_pulse: int | None = None  # of a clock that runs

    def of(self, moment: Moment) -> list[Message]:
        """What to send at a moment."""
        match moment:
            case PieceBegins(piece):
                self._piece = piece
                return [*self._silence(), *self._set_up(), *self._start(0)]
            case Pulse(number) if self._clock:
                return [*self._set_up(), *self._pulse(number)]
            case KeyDown(part, pitch, velocity):
                return [*self._set_up(), *self._down(self._channels[part], pitch, velocity)]
            case KeyUp(part, pitch):
                return [*self._up(self._channels[part], pitch)]
            case Rest():
                return self.rest()
        return []

    def pass_over(self, moment: Moment) -> None:
        """It is not to be heard, and nothing is sent of it."""
        if isinstance(moment, PieceBegins):
            self._piece = moment.piece

    def rest(self) -> list[Message]:
        """Let go of everything: nothing sounds until the next moment."""
        return [*self._silence(), *self._stop()]

    def _set_up(self) -> Iterator[Message]:
        if self._piece is None or self._is_set_up:
            return
        self._is_set_up = True
        for part, program in programs(self._piece.instruments).items():
            yield Message("program_change", channel=self._channels[part], program=program)

    def _silence(self) -> Iterator[Message]:
        for channel, pitch in sorted(self._held):
            yield Message("note_off", channel=channel, note=pitch)
        self._held.clear()
        self._is_set_up = False
        for channel in sorted(set(self._channels.values())):
            yield Message("control_change", channel=channel, control=ALL_NOTES_OFF, value=0)

    def _down(self, channel: int, pitch: int, velocity: int) -> Iterator[Message]:
        yield from self._up(channel, pitch)  # two parts on one channel may want one key
        self._held.add((channel, pitch))
        yield Message("note_on", channel=channel, note=pitch, velocity=velocity)

    def _up(self, channel: int, pitch: int) -> Iterator[Message]:
        if (channel, pitch) in self._held:
            self._held.remove((channel, pitch))
            yield Message("note_off", channel=channel, note=pitch)

    def _start(self, pulse: int) -> Iterator[Message]:
        """Song positions count sixteenths, as our steps do."""
        if not self._clock:
            return
        yield from self._stop()
        yield Message("songpos", pos=pulse // PULSES_PER_STEP)
        yield Message("continue" if pulse else "start")
        self._next_pulse = pulse

    def _stop(self) -> Iterator[Message]:
        if self._next_pulse is not None:
            self._next_pulse = None
            yield Message("stop")

    def _pulse(self, number: int) -> Iterator[Message]:
        if number != self._next_pulse:  # some were lost
            if number % PULSES_PER_STEP:
                yield from self._stop()
                return
            yield from self._start(number)
        self._next_pulse = number + 1
        yield Message("clock")
