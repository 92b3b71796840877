"""The room of the exhibit: what it is set to, whether it is open, and who is told of it.

The verbs concern the room, its loudspeakers and its wall, and never the broadcast: whoever listens
elsewhere hears the station go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from station.exhibit.hours import Hours
from station.exhibit.room_file import RoomFile
from station.timeline import utc_now

logger = logging.getLogger(__name__)

ROOM = "room"  # kind of its events in the log
LOOK_SECONDS = 20.0  # between two looks at the clock, which somebody may have set

# What a museum's control system says, and what it turns. Volume has a number of its own.
VERBS: Mapping[str, Mapping[str, bool]] = {
    "mute": {"muted": True},
    "unmute": {"muted": False},
    "pause": {"paused": True},
    "resume": {"paused": False},
    "display-on": {"display": True},
    "display-off": {"display": False},
}


@dataclass(frozen=True, slots=True)
class Turned:
    """What people turn."""

    muted: bool = False  # no sound; the wall goes on
    volume: float = 1.0  # 0..1, of the amplitude: half is 6 dB softer
    paused: bool = False  # no sound, and the wall invites instead of playing
    display: bool = True  # off: the wall is black

    def changed(self, changes: Mapping[str, Any]) -> Turned:
        """The same with `changes` made; all of them or none.

        Raises:
            ValueError: a name or a value is wrong; the message names it.
        """
        return replace(self, **{name: _checked(name, value) for name, value in changes.items()})


@dataclass(frozen=True, slots=True)
class RoomState(Turned):
    """What the room is like now."""

    open: bool = True
    changes_at: datetime | None = None  # UTC, when it opens or closes; None: never

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        changes_at = self.changes_at
        return asdict(self) | {"changes_at": changes_at.isoformat() if changes_at else None}


class Room:
    """One for all: loudspeakers, wall, OSC and HTTP turn it and watch it. The event loop's;
    only `gain` is asked by MIDI's thread, too."""

    def __init__(
        self,
        hours: Hours,
        file: RoomFile,
        *,
        volume: float = 1.0,
        delay_ms: float = 0.0,
        note: Callable[[str, dict[str, Any]], None],
        utc: Callable[[], datetime] = utc_now,
    ) -> None:
        """
        Args:
            file: remembers mute and volume over a restart.
            volume: until somebody turns it.
            delay_ms: the room is so much behind what is on air; a sound card sets its own.
            note: writes an event of a kind, with its detail, into the log.
        """
        self.heard_delay_ms = delay_ms
        """What the timeline has on air at a time is heard in the room so much later."""
        self._hours = hours
        self._file = file
        self._note = note
        self._utc = utc
        self._turned = Turned(**{"volume": volume, **file.read()})
        self._watchers: list[Callable[[RoomState], None]] = []
        self._told = self.state

    @property
    def state(self) -> RoomState:
        span = self._hours.span(self._utc())
        return RoomState(**asdict(self._turned), open=span.open, changes_at=span.ends)

    def gain(self, now: datetime | None = None) -> float:
        """How loud the loudspeakers are to be at a time: 0, silent, to 1, as it is on air."""
        turned = self._turned
        if turned.muted or turned.paused:
            return 0.0
        return turned.volume * self._hours.gain(now or self._utc())

    def turn(self, changes: Mapping[str, Any], source: str) -> RoomState:
        """Turn some of it; what the room is like then. `source` is who did: "http", "osc".

        Raises:
            ValueError: see Turned.changed.
        """
        self._turned = self._turned.changed(changes)
        self._file.keep({"muted": self._turned.muted, "volume": self._turned.volume})
        return self._tell(source)

    def watch(self, watcher: Callable[[RoomState], None]) -> None:
        """Call `watcher` with each new state."""
        self._watchers.append(watcher)

    async def keep_hours(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Open and close by the clock, until cancelled."""
        self._note(ROOM, self.state.as_dict() | {"source": "start"})
        while True:
            changes_at = self.state.changes_at
            until = (changes_at - self._utc()).total_seconds() if changes_at else LOOK_SECONDS
            await sleep(min(max(until, 0.1), LOOK_SECONDS))
            self._tell("hours")

    def close(self) -> None:
        self._file.close()

    def _tell(self, source: str) -> RoomState:
        """Note a change and tell who watches, if there is one."""
        state = self.state
        if state == self._told:
            return state
        self._told = state
        logger.info("the room, by %s: %s", source, _words(state))
        self._note(ROOM, state.as_dict() | {"source": source})
        for watcher in self._watchers:
            try:
                watcher(state)
            except Exception:  # one who watches is no other one's fault
                logger.exception("one who watches the room failed; going on")
        return state


def _checked(name: str, value: Any) -> Any:
    if name not in (known := [field.name for field in fields(Turned)]):
        raise ValueError(f"nothing in the room is called {name!r}; there are {', '.join(known)}")
    if name == "volume":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ValueError(f"volume must be a number from 0 to 1, not {value!r}")
        return float(value)
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r}")
    return value


def _words(state: RoomState) -> str:
    sound = "muted" if state.muted else f"volume {state.volume:.0%}"
    return ", ".join(
        [
            "open" if state.open else "closed",
            "paused" if state.paused else sound,
            "display on" if state.display else "display off",
        ]
    )
