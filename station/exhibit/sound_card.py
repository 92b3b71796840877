"""The room's own sound: a sound card, by way of a process that may hang, fail or be away.

What goes on air is written into a pipe, and never waited for: a driver that is stuck stops its own
process, which is then ended and started again, at once the first time and then more and more
slowly. So a card may be plugged in later, or pulled out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import Any

from renderer.pcm import Pcm
from station.errors import StationError
from station.exhibit.card_process import LATENCY_SECONDS, MARGIN_SECONDS
from station.exhibit.card_wire import encode_gain, encode_sound
from storage.fault import Fault

logger = logging.getLogger(__name__)

HOME = Path(__file__).parents[2]  # where `-m station.exhibit.card_process` is found
COMMAND = (sys.executable, "-m", "station.exhibit.card_process")
DELAY_MS = 1000.0  # from the air to the room: time for a busy machine, and for a card's buffer
LEAST_DELAY_MS = round(1000 * (LATENCY_SECONDS + MARGIN_SECONDS))  # no card can do with less
START_SECONDS = 20.0  # to find a card and open it
SILENT_SECONDS = 6.0  # without news, the card is stuck
FAREWELL_SECONDS = 1.5  # to fade out, at the end
FIRST_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 30.0
SETTLED_SECONDS = 30.0  # played so long, the next fault is a new one
GAIN_SECONDS = 0.05  # between two looks at how loud the room is to be
MOST_WAITING_BYTES = 4_000_000  # 10 s of sound that nobody reads


class CardFault(StationError):
    """The card does not play. The message says why."""


class SoundCard:
    """One for the room. The event loop's."""

    def __init__(
        self,
        device: str,
        *,
        delay_ms: float,
        due: Callable[[float], float],
        gain: Callable[[], float],
        delayed: Callable[[float], None] = lambda ms: None,
    ) -> None:
        """
        Args:
            device: its name, or a part of it.
            delay_ms: the room hears so much later than a card needs.
            due: when a position goes on air, in seconds of time.monotonic.
            gain: how loud the room is to be: 0, silent, to 1.
            delayed: is told how long after it goes on air sound is heard, in ms.
        """
        self.is_playing = False
        self.underruns = 0  # times the card ran dry, of this and earlier processes
        self.jumps = 0  # times it lost its place in the broadcast, the same
        self.cents = 0.0  # that it would be too high, and is corrected by
        self.device = device
        self._delay_ms = max(LEAST_DELAY_MS, DELAY_MS + delay_ms)
        self._due = due
        self._gain = gain
        self._delayed = delayed
        self._process: Process | None = None
        self._fault = Fault(f"the room's sound card {device!r}")
        delayed(self._delay_ms)

    @property
    def fault(self) -> str | None:
        """Why it does not play; None while all is well."""
        return self._fault.reason

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def publish(self, pcm: Pcm) -> None:
        """Put a block on the card. Never waits: the clock calls this."""
        if self.is_playing:
            self._write(encode_sound(pcm, self._due(pcm.position)))

    async def run(self) -> None:
        """Play whenever there is the card, until cancelled; then fade out."""
        backoff_seconds = FIRST_BACKOFF_SECONDS
        while True:
            began = time.monotonic()
            try:
                await self._play()
            except (CardFault, OSError) as error:
                self._fault.begins(str(error))
            finally:
                self.is_playing = False
                await self._end()
            if time.monotonic() - began > SETTLED_SECONDS:
                backoff_seconds = FIRST_BACKOFF_SECONDS
            await asyncio.sleep(backoff_seconds)
            backoff_seconds = min(MAX_BACKOFF_SECONDS, 2 * backoff_seconds)

    async def _play(self) -> None:
        """
        Raises:
            CardFault: it does not, or not any more.
        """
        self._process = process = await asyncio.create_subprocess_exec(
            *COMMAND,
            self.device,
            str(self._delay_ms),
            cwd=HOME,
            stdin=PIPE,
            stdout=PIPE,
            process_group=0,  # Ctrl-C is for the server, which fades it out
        )
        device, delay_ms = await _news(process, START_SECONDS, "device", "delay_ms")
        logger.info("the room hears %s, %.0f ms after the air", device, delay_ms)
        self._delayed(delay_ms)
        self.is_playing = True
        telling = asyncio.create_task(self._tell_gain())
        try:
            underruns, jumps = self.underruns, self.jumps
            while True:
                news = await _news(process, SILENT_SECONDS, "underruns", "jumps", "cents")
                if telling.done():
                    fault = telling.exception()
                    raise CardFault(f"how loud it is to be is not known: {fault!r}") from fault
                self._fault.ends()
                self.underruns = underruns + news[0]
                self.jumps = jumps + news[1]
                self.cents = news[2]
        finally:
            telling.cancel()

    async def _tell_gain(self) -> None:
        told = None
        while True:
            if (gain := self._gain()) != told:
                self._write(encode_gain(gain))
                told = gain
            await asyncio.sleep(GAIN_SECONDS)

    def _write(self, data: bytes) -> None:
        pipe = self._process.stdin if self._process else None
        if pipe is None or pipe.transport.is_closing():
            return
        if pipe.transport.get_write_buffer_size() < MOST_WAITING_BYTES:  # else: it is stuck
            pipe.write(data)

    async def _end(self) -> None:
        """Let the process fade out, and see that it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), FAREWELL_SECONDS)
        except TimeoutError:
            pass
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


async def sound_cards() -> list[str]:
    """The names of what sound can be played on.

    Raises:
        CardFault: that cannot be known.
    """
    process = await asyncio.create_subprocess_exec(*COMMAND, "--list", cwd=HOME, stdout=PIPE)
    try:
        devices: list[str]
        [devices] = await _news(process, START_SECONDS, "devices")
        return devices
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _news(process: Process, seconds: float, *subjects: str) -> list[Any]:
    """What the process says next of each of these.

    Raises:
        CardFault: there is none, or it is of a fault.
    """
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), seconds)
        if not line:
            raise CardFault("its process ended")
        news = json.loads(line)
        if "fault" in news:
            raise CardFault(news["fault"])
        return [news[subject] for subject in subjects]
    except TimeoutError as error:
        raise CardFault("its driver does not answer") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CardFault("its process spoke nonsense") from error
