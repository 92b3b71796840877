"""Tell of the music in time with the room's sound: pieces, bars, beats, keys.

Blocks come from the synth thread as they are made, some 0.4 s before they go on air. Everything
in them is told a little before it is due, together with when that is, so that who plays along can
be on time. What is due hangs on the clock and on the room's delay as they are when it is told.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from station.exhibit.moments import KeyDown, Moment, Passage, Pulse, Rest
from station.exhibit.reading import Reading

logger = logging.getLogger(__name__)

LEAD_SECONDS = 0.05
LATE_SECONDS = 0.1  # a note that is later than this is a wrong note
STALLED_SECONDS = 1.0  # without a block, whatever is held is let go
CLOSE_SECONDS = 1.0  # for a thread that hangs
WAITING_BLOCKS = 64  # half a minute: beyond it the reader is dead, and memory is not for it

Performer = Callable[[float, Sequence[Moment]], None]
"""Is told when moments are due, in seconds of the monotonic clock, and them. Never waits."""


class Conductor:
    """One station's. `hear` is the synth thread's, all else its own thread's."""

    def __init__(
        self, heard_at: Callable[[int], float], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        """`heard_at`: when the room hears a position, in seconds of the monotonic clock."""
        self._heard_at = heard_at
        self._now = now
        self._performers: list[Performer] = []
        self._faulty: set[Performer] = set()
        self._blocks: queue.Queue[Passage | None] = queue.Queue(WAITING_BLOCKS)
        self._reading = Reading()
        self._coming: deque[tuple[int, Moment]] = deque()  # positions, in order
        self._read_until = 0  # position
        self._is_resting = True
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def tell(self, performer: Performer) -> None:
        """Have somebody play along. Before `start`."""
        self._performers.append(performer)

    def hear(self, passage: Passage) -> None:
        """Take the next block of the programme. Never waits, never fails."""
        if self._performers:
            with contextlib.suppress(queue.Full):  # nobody reads: it would be told too late anyway
                self._blocks.put_nowait(passage)

    def start(self) -> None:
        if self._performers:
            self._thread = threading.Thread(target=self._run, name="conductor", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Let go of everything that sounds, and end."""
        if self._thread is not None:
            self._closing.set()
            with contextlib.suppress(queue.Full):  # then nobody waits for more
                self._blocks.put_nowait(None)
            self._thread.join(CLOSE_SECONDS)
            self._thread = None

    def step(self, passage: Passage | None = None) -> float | None:
        """Tell all that is near; the seconds until there is more to do, None for nothing."""
        if passage is not None:
            self._coming += self._reading.read(passage)
            self._read_until = passage.position + passage.frames
        now = self._now()
        while self._coming:
            position = self._coming[0][0]
            due = self._heard_at(position)
            if due - LEAD_SECONDS > now:
                return due - LEAD_SECONDS - now
            if moments := self._taken(position, due < now - LATE_SECONDS):
                self._tell(due, moments)
        if self._is_resting:
            return None
        stalled_seconds = now - self._heard_at(self._read_until)
        if stalled_seconds < STALLED_SECONDS:
            return STALLED_SECONDS - stalled_seconds
        self._tell(now, [Rest()])
        return None

    def _taken(self, position: int, is_late: bool) -> list[Moment]:
        """What comes at a position; of what is late, only what keeps things in order."""
        taken = []
        while self._coming and self._coming[0][0] == position:
            moment = self._coming.popleft()[1]
            if not (is_late and isinstance(moment, KeyDown | Pulse)):
                taken.append(moment)
        return taken

    def _tell(self, due: float, moments: Sequence[Moment]) -> None:
        self._is_resting = any(isinstance(moment, Rest) for moment in moments)
        for performer in self._performers:
            try:
                performer(due, moments)
                self._faulty.discard(performer)
            except Exception:  # one who fails takes nobody along
                if performer not in self._faulty:
                    logger.exception("one who plays along failed; going on")
                self._faulty.add(performer)

    def _run(self) -> None:
        wait: float | None = None
        while not self._closing.is_set():
            passage = None
            try:
                with contextlib.suppress(queue.Empty):
                    passage = self._blocks.get(timeout=wait)
                wait = self.step(passage)
            except Exception:  # whatever is wrong with a piece, the next one is played along with
                logger.exception("a block was not read; going on")
                self._reading, self._coming, wait = Reading(), deque(), STALLED_SECONDS
        self._tell(self._now(), [Rest()])
