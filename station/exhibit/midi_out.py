"""Play the music on a MIDI output, in time with the room.

One thread sends and does nothing else, so that it is on time; another looks for the output, which
may take its while. Neither is the air's: a driver that hangs stops its own thread only.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence

from station.exhibit.conductor import LATE_SECONDS
from station.exhibit.midi_messages import MidiMessages
from station.exhibit.midi_port import MidiPort
from station.exhibit.moments import KeyDown, Moment, Pulse

LOOK_SECONDS = 3.0  # between two looks for the output
CLOSE_SECONDS = 1.0  # for a driver to answer
WAITING = 256  # times to send; beyond them the driver hangs


class MidiOut:
    """`play` is the conductor's thread's."""

    def __init__(
        self,
        port: MidiPort,
        messages: MidiMessages,
        *,
        is_silent: Callable[[], bool] = lambda: False,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`is_silent`: nothing is to sound in the room now. Another thread asks, and often."""
        self._port = port
        self._messages = messages
        self._is_silent = is_silent
        self._now = now
        self._sleep = sleep
        self._is_resting = False
        self._is_new = threading.Event()  # the output: it knows of nothing
        self._closing = threading.Event()
        self._coming: queue.Queue[tuple[float, Sequence[Moment]] | None] = queue.Queue(WAITING)
        self._threads = [
            threading.Thread(target=self._run, name="midi", daemon=True),
            threading.Thread(target=self._keep_looking, name="midi-port", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Let go of every note, and end."""
        self._closing.set()
        self._put(None)
        for thread in self._threads:
            thread.join(CLOSE_SECONDS)

    def play(self, due: float, moments: Sequence[Moment]) -> None:
        """Send what is due at a time of the monotonic clock, then. Never waits."""
        self._put((due, moments))

    def send(self, due: float, moments: Sequence[Moment]) -> None:
        """Wait until it is due, and send it."""
        self._sleep(max(0.0, due - self._now()))
        is_late = self._now() - due > LATE_SECONDS
        if self._is_new.is_set():
            self._is_new.clear()
            self._port.send(self._messages.rest())
        if self._is_silent():
            if not self._is_resting:
                self._port.send(self._messages.rest())
            self._is_resting = True
            for moment in moments:
                self._messages.pass_over(moment)
            return
        self._is_resting = False
        for moment in moments:
            if not (is_late and isinstance(moment, KeyDown | Pulse)):
                self._port.send(self._messages.of(moment))

    def look(self) -> None:
        """See whether the output is there."""
        if self._port.look():
            self._is_new.set()

    def _put(self, coming: tuple[float, Sequence[Moment]] | None) -> None:
        with contextlib.suppress(queue.Full):  # the driver hangs: what comes would come too late
            self._coming.put_nowait(coming)

    def _run(self) -> None:
        while (coming := self._coming.get()) is not None:
            self.send(*coming)
        self._port.send(self._messages.rest())
        self._port.close()

    def _keep_looking(self) -> None:
        self.look()
        while not self._closing.wait(LOOK_SECONDS):
            self.look()
