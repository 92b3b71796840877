"""New controls are heard at a bar line a few seconds ahead: what was planned beyond it goes.

The protocol, for three actors share this:

- The *synth thread* renders: the player takes from the shelf and passes bar lines.
- The *producer* plans, on the event loop, one plan at a time: whoever composes holds its lock.
- A *swap* cuts the player at a bar line and replaces all that is on the shelf. It is run on the
  synth thread, between two blocks, so the player sees either the old plan or the new one: nothing
  that began is taken back, nothing is taken twice, and no piece of the old plan is left over.

A swap is refused if the bar line went by while its music was composed. Then the next one is
aimed at; what composing took is known by now, so it is further ahead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from generators.errors import WorkerError
from generators.music import Piece
from renderer.pcm import SAMPLE_RATE_HZ, Start
from renderer.player import Player
from renderer.score import bar_frames, frames_of
from station.producer import Producer

logger = logging.getLogger(__name__)

MARGIN_SECONDS = 1.5  # on top of what composing took lately
MOST_TRIES = 5  # then it is heard with the next piece that is composed

OnSynth = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs something on the synth thread, between two blocks."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece on its way to the ear, and the frames it will sound."""

    piece: Piece
    begin: int  # position
    end: int

    @property
    def bar_lines(self) -> list[int]:
        """Positions where it may be left: after its first bar, after its second, ..."""
        lines = (*bar_frames(self.piece)[1:], frames_of(self.piece))
        return [self.begin + frame for frame in lines if self.begin + frame <= self.end]


@dataclass(frozen=True, slots=True)
class Seam:
    """A bar line where the programme may be left for another."""

    piece: Piece
    bar: int  # of the piece: its last to be heard
    position: int


@dataclass(frozen=True, slots=True)
class Promise:
    """When a change of controls will be heard."""

    position: int | None  # None: with the next piece that is composed, whenever that is
    lead_seconds: float | None
    note: str = ""


def first_seam(coming: Iterable[Span], earliest: int) -> Seam | None:
    """The first bar line at `earliest` or later.

    A bridge is never left before it has arrived: two sets of instruments sound there, and the
    way to the next bridge would begin in the middle of nowhere.
    """
    for span in coming:
        if span.piece.origin == "bridge":
            continue
        for bar, line in enumerate(span.bar_lines):
            if line >= earliest:
                return Seam(span.piece, bar, line)
    return None


def spans(playing: Span, shelf: Sequence[Piece]) -> list[Span]:
    """What plays and what is to follow, laid end to end."""
    found = [playing]
    for piece in shelf:
        begin = found[-1].end
        found.append(Span(piece, begin, begin + frames_of(piece)))
    return found


class Replanner:
    """One station's. Its methods are the event loop's."""

    def __init__(
        self,
        producer: Producer,
        player: Player,
        begun: Callable[[], Start | None],
        *,
        on_synth: OnSynth,
        next_block: Callable[[], Awaitable[Any]],
        note: Callable[[str, dict[str, Any]], None],
    ) -> None:
        """
        Args:
            begun: on the synth thread: the piece that began last.
            next_block: waits until the next block was published.
            note: writes an event to the log.
        """
        self._producer = producer
        self._player = player
        self._begun = begun
        self._on_synth = on_synth
        self._next_block = next_block
        self._note = note
        self._promised = 0  # position
        self._cut = 0  # position of the last one
        self._is_owed = False  # a change that found no generator
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """A change of controls is on its way."""
        return self._task is not None and not self._task.done()

    async def promise(self, now: int, *, changed: bool) -> Promise:
        """Say when the controls as they are will be heard, and see to it.

        Args:
            now: the position on air.
            changed: they were changed just now.
        """
        if not changed:
            position = max(now, self._promised) if self.is_busy else now
            return Promise(position, (position - now) / SAMPLE_RATE_HZ)
        lead_seconds = self._producer.compose_seconds + MARGIN_SECONDS
        if self._producer.planning.locked():  # something is being composed: it must end first
            lead_seconds += self._producer.compose_seconds
        position, coming = await self._on_synth(self._survey)
        seam = first_seam(coming, position + _frames(lead_seconds))
        if coming and seam is None:
            return Promise(None, None, "It is heard with the next piece that is composed.")
        if seam is not None:
            self._promised = seam.position
        self._begin()
        if seam is None:
            return Promise(None, None, "It is heard soon after the next piece begins.")
        return Promise(seam.position, (seam.position - now) / SAMPLE_RATE_HZ)

    def put_off(self, *, changed: bool) -> Promise:
        """What to say while there is no generator; what changed is heard after `catch_up`."""
        self._is_owed |= changed
        return Promise(None, None, "The model is away: it is heard soon after it is back.")

    def catch_up(self) -> None:
        """There is a generator: what was put off can be heard."""
        if self._is_owed:
            self._begin()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _begin(self) -> None:
        if not self.is_busy:
            self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        """Bring the programme over to the controls as they are now."""
        was_owed, self._is_owed = self._is_owed, False
        try:
            if not await self._swapped():
                self._producer.shelf.trim()
                self._note("replan", {"given up": f"composing was too slow {MOST_TRIES} times"})
        except WorkerError as error:  # what is on the shelf stays: there will be no other soon
            self._is_owed = True
            if not was_owed:
                self._note("replan", {"put off": str(error)})
        except Exception:  # nobody waits for this task: whatever it was, the programme goes on
            logger.exception("the programme was not changed")

    async def _swapped(self) -> bool:
        """Compose and swap, until the programme is as the controls want it; whether it is."""
        producer, put_off, late = self._producer, 0, 0
        while late < MOST_TRIES:
            async with producer.planning:
                seam, seconds = await self._reach()
                if seam is None:  # what is composed next is next to be heard
                    return True
                wanted = producer.wanted
                pieces = await producer.compose(seam.piece, seconds, seam.bar)
                # Turned again meanwhile: straight on to that. But who keeps turning hears it too.
                if wanted != producer.wanted and put_off < MOST_TRIES:
                    put_off += 1
                elif await self._on_synth(partial(self._swap, seam, pieces)):
                    put_off = 0
                    self._note(
                        "replan", {"position": seam.position, "lead_seconds": round(seconds, 2)}
                    )
                    if wanted == producer.wanted:  # not even during the swap was it turned
                        return True
                else:
                    late += 1
        return False

    async def _reach(self) -> tuple[Seam | None, float]:
        """The seam to aim at, once its piece plays, and the seconds until then.

        None where all that is known ends too soon.
        """
        while True:
            position, coming = await self._on_synth(self._survey)
            need = position + _frames(self._producer.compose_seconds)
            earliest = self._promised if self._promised >= need else need + _frames(MARGIN_SECONDS)
            seam = first_seam(coming, earliest)
            if coming and seam is None:
                return None, 0.0
            if seam is not None and seam.position <= coming[0].end:
                return seam, (seam.position - position) / SAMPLE_RATE_HZ
            await self._next_block()

    def _survey(self) -> tuple[int, list[Span]]:
        """On the synth thread: the position, what plays there, and what is to follow.

        Of what follows nothing is known while a piece begins in these very frames.
        """
        start, position = self._begun(), self._player.position
        if start is None or start.piece is not self._player.current:
            return position, []
        end = start.position + frames_of(start.piece)
        if start.position < self._cut < end:
            end = self._cut
        playing = Span(start.piece, start.position, end)
        return position, spans(playing, self._producer.shelf.pieces)

    def _swap(self, seam: Seam, pieces: Sequence[Piece]) -> bool:
        """On the synth thread: leave at the seam; whether it was still ahead."""
        playing = next(iter(self._survey()[1]), None)
        if playing is None or playing.piece is not seam.piece:
            return False
        if seam.position != playing.end and not self._player.cut(seam.position):
            return False
        self._cut = seam.position
        self._producer.shelf.replace(pieces)
        return True


def _frames(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE_HZ)
