"""The wires of the exhibit: OSC in and out, MIDI out, and the sensors of the room."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from station.controls import BOUNDS
from station.exhibit.conductor import Conductor
from station.exhibit.midi_out import MidiOut
from station.exhibit.osc_commands import OscCommands
from station.exhibit.osc_in import OscIn
from station.exhibit.osc_out import OscOut
from station.exhibit.osc_space import Args
from station.exhibit.room import Room
from station.exhibit.sensors import Sensors
from station.exhibit.turning import Turning
from station.exhibit_settings import ExhibitSettings, MidiSettings
from station.station import Station

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.25  # between two looks at what the sensors want
DIGITS = 3  # of a dial, as it is told


class Wires:
    """Those that the settings ask for. Make it, and have it `running`."""

    def __init__(
        self,
        settings: ExhibitSettings,
        station: Station,
        room: Room,
        heard_at: Callable[[int], float],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`heard_at`: when the room hears a position, in seconds of the monotonic clock."""
        self._station = station
        self._room = room
        self._now = now
        self.turning = Turning(station, room)
        self._sensors = Sensors(settings.sensors, self._standing)
        due = station.timeline.due
        # What is not on air yet is not told, however negative the delay.
        self._conductor = Conductor(lambda position: max(due(position), heard_at(position)))
        station.made = self._conductor.hear
        self.osc_in: OscIn | None = None
        self._osc_out: OscOut | None = None
        self._midi: MidiOut | None = None
        osc = settings.osc
        if osc.listen:
            commands = OscCommands(self.turning, self.hear_sensors)
            self.osc_in = OscIn(osc.listen, osc.allow, commands)
        if osc.send:
            self._osc_out = OscOut(osc.send, self._state)
            self._conductor.tell(self._osc_out.play)
        if settings.midi.port:
            self._midi = midi_out(settings.midi.port, settings.midi, room)
            self._conductor.tell(self._midi.play)

    def hear_sensors(self, readings: Mapping[str, Any]) -> None:
        """Take what sensors say, by their names: all of it or nothing.

        Raises:
            ValueError: there is no such sensor, or it says no number.
        """
        self._sensors.hear(readings, self._now())

    @property
    def sensors(self) -> dict[str, dict[str, Any]]:
        """What each sensor wants of its dial now; None of one that is silent."""
        now = self._now()
        return {
            sensor.settings.name: {
                "dial": sensor.settings.dial,
                "wants": None if sensor.is_silent(now) else round(sensor.value(now), DIGITS),
            }
            for sensor in self._sensors.all
        }

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Be there inside the block."""
        works = [self.turning.run, self._follow_sensors]
        works += [each.run for each in (self.osc_in, self._osc_out) if each is not None]
        tasks = [asyncio.create_task(watched(work)) for work in works]
        self._conductor.start()
        if self._midi is not None:
            self._midi.start()
        try:
            yield
        finally:
            await asyncio.to_thread(self._conductor.close)
            if self._midi is not None:
                await asyncio.to_thread(self._midi.close)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._osc_out is not None:
                self._osc_out.close()

    async def _follow_sensors(self) -> None:
        while True:
            for turn in self._sensors.turns(self._now(), self._station.controls):
                self.turning.controls({turn.dial: turn.value}, turn.source)
            await asyncio.sleep(LOOK_SECONDS)

    def _standing(self, dial: str) -> float:
        """Where a dial is: turned by somebody, or as the show has it."""
        controls, dials = self._station.controls, self._station.dials
        turned = getattr(controls, dial)
        return float(getattr(dials, dial) if turned is None else turned)

    def _state(self) -> dict[str, Args]:
        """What dials and room are like, by the address of OSC that tells it."""
        room, controls = self._room.state, self._station.controls
        return {
            **{f"/controls/{name}": (round(self._standing(name), DIGITS),) for name in BOUNDS},
            "/controls/key": (controls.key or "",),
            "/room/open": (int(room.open),),
            "/room/muted": (int(room.muted),),
            "/room/paused": (int(room.paused),),
            "/room/display": (int(room.display),),
            "/room/volume": (room.volume,),
            "/listeners": (self._station.listeners,),
        }


def midi_out(port: str, settings: MidiSettings, room: Room) -> MidiOut:
    """MIDI that is silent while the room is: a piano that plays by itself stops at night, too."""
    # A station without MIDI needs neither mido nor what is below it.
    from station.exhibit.midi_messages import MidiMessages
    from station.exhibit.midi_port import MidiPort

    messages = MidiMessages(settings.channels, clock=settings.clock)
    return MidiOut(MidiPort(port), messages, is_silent=lambda: room.gain() == 0)


async def watched(work: Callable[[], Awaitable[None]]) -> None:
    """Do it, and say so where it ends in a fault that nobody has foreseen."""
    try:
        await work()
    except Exception:  # one wire is no other one's fault, nor the sound's
        logger.exception("a part of the exhibit is broken until the next start")
