"""Play pieces on one synth that is never restarted.

The synth runs on across pieces, so tails ring into the next piece and there is nothing to
crossfade. FluidSynth takes events on blocks of 64 frames, so the player renders whole blocks,
counted from where it began, and keeps what nobody asked for yet: however the sound is pulled,
it is the same sound. An event lands on the first block that is not before it, at most 1.3 ms
late and never early.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import dropwhile

import numpy as np

from generators.music import Piece
from renderer.mix import BANKS, CHANNELS_PER_BANK, MIX
from renderer.pcm import CHANNELS, Pcm, Start
from renderer.score import Event, bar_frames, events, frames_of
from renderer.synth import BLOCK_FRAMES, Synth


class Player:
    """Turns pieces laid end to end into one unbroken stream of sound.

    One thread renders; only `skip` may be called from another.
    """

    def __init__(self, synth: Synth, next_piece: Callable[[], Piece], position: int = 0) -> None:
        """`next_piece` must give a piece at once; `position` is that of the first frame."""
        self._synth = synth
        self._next_piece = next_piece
        self._position = position
        self._ahead = position  # what the synth has rendered up to: whole blocks
        self._rendered: list[np.ndarray] = []  # from _position to _ahead
        self._starts: list[Start] = []  # not yet handed out
        self._piece: Piece | None = None
        self._begin = position  # of the current piece
        self._end = position  # ... and where the next one begins
        self._events: list[Event] = []  # of the current piece, the next one last
        self._bank = BANKS - 1
        self._skip = threading.Event()

    @property
    def position(self) -> int:
        """Of the next frame to be rendered, counted since the broadcast began."""
        return self._position

    @property
    def current(self) -> Piece | None:
        """The piece that sounds at `position`; None before the first."""
        return self._piece

    def skip(self) -> None:
        """End the current piece at the next bar line. Safe from any thread."""
        self._skip.set()

    def rebuild(self, synth: Synth) -> None:
        """Go on with another synth, in the same piece at the same place.

        Notes that sounded are not struck again. The old synth stays the caller's to close.
        """
        self._synth = synth
        if self._piece is not None:
            self._seat(self._piece)

    def silence(self, frames: int) -> Pcm:
        """`frames` frames in which the piece waits: for when there is no synth to be had."""
        pcm = Pcm(np.zeros((frames, CHANNELS), np.float32), self._position)
        self._position += frames
        self._ahead += frames
        self._begin += frames
        self._end += frames
        self._starts = [Start(start.position + frames, start.piece) for start in self._starts]
        return pcm

    def render(self, frames: int) -> Pcm:
        """The next `frames` frames of the programme, pulling a new piece when one runs out.

        Raises:
            SynthError: the synth failed. What it had rendered is kept: after `rebuild` the
                next call goes on where this one should have.
        """
        position, end = self._position, self._position + frames
        self._advance_pieces()
        if self._skip.is_set():
            self._skip.clear()
            self._end = self._next_bar()
        while self._ahead < end:
            self._play_due()
            self._write_until(min(end, self._next_change()))
            self._advance_pieces()
        self._position = end
        return Pcm(self._take(frames), position, self._take_starts(end))

    def _play_due(self) -> None:
        """Send the events that are due by the block about to be rendered."""
        while self._events and self._begin + self._events[-1].frame <= self._ahead:
            event = self._events.pop()
            channel = self._channel(event.part)
            if event.velocity:
                self._synth.note_on(channel, event.pitch, event.velocity)
            else:
                self._synth.note_off(channel, event.pitch)

    def _next_change(self) -> int:
        if self._events:
            return min(self._end, self._begin + self._events[-1].frame)
        return self._end

    def _write_until(self, position: int) -> None:
        """Render whole blocks up to the first that is not before `position`."""
        blocks = -((self._ahead - position) // BLOCK_FRAMES)
        self._rendered.append(self._synth.write(blocks * BLOCK_FRAMES))
        self._ahead += blocks * BLOCK_FRAMES

    def _advance_pieces(self) -> None:
        """Begin the next piece where this one ends, if that is rendered already.

        It begins at the frame, its first notes on the block about to be rendered.
        """
        while self._end <= self._ahead:
            self._release()
            piece = self._next_piece()
            self._bank = (self._bank + 1) % BANKS
            self._piece = piece
            self._begin, self._end = self._end, self._end + frames_of(piece)
            self._events = list(reversed(events(piece)))
            self._starts.append(Start(self._begin, piece))
            self._seat(piece)  # last: should the synth fail, the piece is not lost

    def _next_bar(self) -> int:
        """The first bar line that nobody has rendered, or the end of the piece.

        The first bar stays: a piece that was announced is heard.
        """
        assert self._piece is not None  # there is one once _advance_pieces ran
        lines = (self._begin + frame for frame in bar_frames(self._piece)[1:])
        return min(self._end, next(dropwhile(self._ahead.__gt__, lines), self._end))

    def _seat(self, piece: Piece) -> None:
        """Set the current bank's channels up for a piece."""
        programs = {
            "melody": piece.instruments.melody,
            "bass": piece.instruments.bass,
            "drums": piece.instruments.drum_kit,
        }
        for part, program in programs.items():
            channel = self._channel(part)
            self._synth.program(channel, program, is_drums=part == "drums")
            for controller, value in MIX[part].controls:
                self._synth.control(channel, controller, value)

    def _release(self) -> None:
        for part in MIX:
            self._synth.all_notes_off(self._channel(part))

    def _channel(self, part: str) -> int:
        return self._bank * CHANNELS_PER_BANK + MIX[part].channel

    def _take(self, frames: int) -> np.ndarray:
        if not self._rendered:
            return np.empty((0, CHANNELS), np.float32)
        samples = np.concatenate(self._rendered)
        self._rendered = [samples[frames:]]
        return samples[:frames]

    def _take_starts(self, end: int) -> tuple[Start, ...]:
        due = tuple(start for start in self._starts if start.position < end)
        self._starts = self._starts[len(due) :]
        return due
