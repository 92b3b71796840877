"""Play pieces on one synth that is never restarted.

The synth runs on across pieces, so tails ring into the next piece and there is nothing to
crossfade: each set of instruments takes a fresh bank of channels, and a bridge is played by two.
Only a skip is a crossfade, of two banks of the same synth.

FluidSynth takes events on blocks of 64 frames, so the player renders whole blocks, counted from
where it began, and keeps what nobody asked for yet: however the sound is pulled, it is the same
sound. An event lands on the first block that is not before it, at most 1.3 ms late and never
early.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from generators.music import Piece
from renderer.balance import Balance, plain_balance
from renderer.mix import BANKS
from renderer.pcm import CHANNELS, Pcm, Start
from renderer.performance import FADE_FRAMES, NEVER, Performance, casts
from renderer.score import bar_frames, frames_of
from renderer.synth import BLOCK_FRAMES, Synth


class Player:
    """Turns pieces laid end to end into one unbroken stream of sound.

    One thread renders. `skip`, `cut` and `bar_lines` may be called from any other: none of them
    waits for sound, and none of them touches the synth.
    """

    def __init__(
        self,
        synth: Synth,
        next_piece: Callable[[], Piece],
        balance_of: Callable[[Piece], Balance] = plain_balance,
        position: int = 0,
        begins: int | None = None,
    ) -> None:
        """`next_piece` and `balance_of` must answer at once.

        Args:
            position: of the first frame.
            begins: where the first piece does, if later; silence leads up to it.
        """
        first = position if begins is None else begins
        self._synth = synth
        self._next_piece = next_piece
        self._balance_of = balance_of
        self._position = position
        self._ahead = position  # what the synth has rendered up to: whole blocks
        self._rendered: list[np.ndarray] = []  # from _position to _ahead
        self._starts: list[Start] = []  # not yet handed out
        self._piece: Piece | None = None
        self._begin = first  # of the current piece
        self._end = first  # ... and where the next one begins
        self._playing: list[Performance] = []  # the current piece; two of them in a bridge
        self._fading: list[Performance] = []  # the piece that was skipped
        self._faded = NEVER  # where it will be gone
        self._bank = BANKS - 1  # the last that was taken
        self._skip = threading.Event()
        self._lock = threading.Lock()  # around where the piece may be cut; never held for long
        self._lines: tuple[int, ...] = ()  # bar lines of the current piece, before its end
        self._promised = position  # the first position that is still open

    @property
    def position(self) -> int:
        """Of the next frame to be rendered, counted since the broadcast began."""
        return self._position

    @property
    def current(self) -> Piece | None:
        """The piece that sounds at `position`; None before the first."""
        return self._piece

    @property
    def span(self) -> tuple[int, int]:
        """Where that piece begins, and where it ends unless it is cut or skipped."""
        return self._begin, self._end

    def skip(self) -> None:
        """Fade over into the next piece, now. While one skip fades, the next one waits for it."""
        self._skip.set()

    def bar_lines(self, from_position: int = 0) -> tuple[int, ...]:
        """Positions where the current piece may be cut: the bar lines that nobody rendered yet.

        Neither its beginning nor its end is among them.
        """
        first = max(from_position, self._promised)
        return tuple(line for line in self._lines if line >= first)

    def cut(self, position: int) -> bool:
        """End the current piece at a bar line, and go on with the next one from there.

        The next piece is asked for when the line is reached, not before. False, and nothing
        happens, where the line is not among `bar_lines`: the synth may have got there first.
        """
        with self._lock:
            if position not in self.bar_lines():
                return False
            self._end = position
            self._lines = tuple(line for line in self._lines if line < position)
            return True

    def rebuild(self, synth: Synth) -> None:
        """Go on with another synth, in the same piece at the same place.

        Notes that sounded are not struck again. The old synth stays the caller's to close.
        """
        self._synth = synth
        for each in (*self._playing, *self._fading):
            each.seat(synth, self._ahead)

    def silence(self, frames: int) -> Pcm:
        """`frames` frames in which the piece waits: for when there is no synth to be had."""
        pcm = Pcm(np.zeros((frames, CHANNELS), np.float32), self._position)
        with self._lock:
            self._lines = tuple(line + frames for line in self._lines)
            self._begin += frames
            self._end += frames
            self._promised = self._position = self._position + frames
        self._ahead += frames
        if self._fading:
            self._faded += frames
        for each in (*self._playing, *self._fading):
            each.delay(frames)
        self._starts = [Start(start.position + frames, start.piece) for start in self._starts]
        return pcm

    def render(self, frames: int) -> Pcm:
        """The next `frames` frames of the programme, pulling a new piece when one runs out.

        Raises:
            SynthError: the synth failed. What it had rendered is kept: after `rebuild` the
                next call goes on where this one should have.
        """
        position, end = self._position, self._position + frames
        with self._lock:
            self._promised = end
        self._change_pieces()
        while self._ahead < end:
            for each in self._fading:
                each.play_due(self._synth, self._ahead)
            for each in self._playing:
                each.play_due(self._synth, self._ahead, self._end)
            self._write_until(min(end, self._next_change()))
            self._change_pieces()
        self._position = end
        return Pcm(self._take(frames), position, self._take_starts(end))

    def _next_change(self) -> int:
        sounding = (*self._fading, *self._playing)
        return min(self._end, self._faded, *(each.next_position for each in sounding))

    def _write_until(self, position: int) -> None:
        """Render whole blocks up to the first that is not before `position`."""
        blocks = -((self._ahead - position) // BLOCK_FRAMES)
        self._rendered.append(self._synth.write(blocks * BLOCK_FRAMES))
        self._ahead += blocks * BLOCK_FRAMES

    def _change_pieces(self) -> None:
        """What begins and ends by the block about to be rendered."""
        if self._faded <= self._ahead:
            gone, self._fading, self._faded = self._fading, [], NEVER
            self._release(gone)
        while self._end <= self._ahead:
            self._skip.clear()  # what was to be skipped has ended by itself
            self._begin_next()
        # No two pieces begin at one position: of one that is skipped, a little is heard.
        if self._skip.is_set() and not self._fading and self._begin < self._ahead:
            self._skip.clear()
            self._crossfade()

    def _crossfade(self) -> None:
        """The next piece comes in at the block about to be rendered, while this one fades."""
        self._fading, self._playing = self._playing, []
        self._faded = self._ahead + FADE_FRAMES
        for each in self._fading:
            each.fade("leave", self._ahead)
        with self._lock:
            self._lines, self._end = (), self._ahead
        self._begin_next()
        for each in self._playing:
            each.fade("enter", self._ahead)

    def _begin_next(self) -> None:
        """Begin the next piece where this one ends, if that is rendered already.

        It begins at the frame, its first notes on the block about to be rendered.
        """
        with self._lock:
            self._lines = ()  # too late to cut this one
        piece = self._next_piece()
        ended, begin = self._playing, self._end
        self._playing = [
            Performance(piece, begin, self._fresh_bank(), instruments, levels)
            for instruments, levels in casts(piece, self._balance_of(piece))
        ]
        with self._lock:
            self._piece, self._begin, self._end = piece, begin, begin + frames_of(piece)
            self._lines = tuple(begin + frame for frame in bar_frames(piece)[1:])
        self._starts.append(Start(begin, piece))
        self._release(ended)  # these last: should the synth fail, the piece is not lost
        for each in self._playing:
            each.seat(self._synth, self._ahead)

    def _fresh_bank(self) -> int:
        """Where nothing rings any more: tails keep the levels they were struck at."""
        self._bank = (self._bank + 1) % BANKS
        return self._bank

    def _release(self, performances: list[Performance]) -> None:
        for each in performances:
            each.release(self._synth, self._ahead)

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
