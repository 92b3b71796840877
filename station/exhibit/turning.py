"""Turn what is wanted, one thing after the other and not too often, in the name of who wants it.

A fader sends a hundred values a second; each turn of a control has music composed anew, and is
noted in the log. So what is wanted meanwhile waits, and the last value is the one that counts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from station.controls import Controls
from station.exhibit.room import Room, Turned
from station.station import Station

logger = logging.getLogger(__name__)

EVERY_SECONDS = 0.25


class Turning:
    """Of one station and its room. The event loop's."""

    def __init__(self, station: Station, room: Room) -> None:
        self._station = station
        self._room = room
        self._controls: dict[str, dict[str, Any]] = {}  # by source
        self._in_the_room: dict[str, dict[str, Any]] = {}
        self._skip: str | None = None  # who wants it
        self._is_wanted = asyncio.Event()
        self._is_turning = False

    @property
    def is_busy(self) -> bool:
        """Something is wanted that was not done yet."""
        return self._is_turning or self._is_wanted.is_set()

    def controls(self, changes: Mapping[str, Any], source: str) -> None:
        """Raises:
        ValueError: see Controls.changed.
        """
        Controls().changed(dict(changes))
        self._controls.setdefault(source, {}).update(changes)
        self._is_wanted.set()

    def room(self, changes: Mapping[str, Any], source: str) -> None:
        """Raises:
        ValueError: see Turned.changed.
        """
        Turned().changed(changes)
        self._in_the_room.setdefault(source, {}).update(changes)
        self._is_wanted.set()

    def skip(self, source: str) -> None:
        self._skip = source
        self._is_wanted.set()

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Turn what is wanted, until cancelled."""
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            self._is_turning = True
            try:
                await self._turn()
            except Exception:  # nobody waits for this: whatever it was, the next turn is done
                logger.exception("something was not turned")
            finally:
                self._is_turning = False
            await sleep(EVERY_SECONDS)

    async def _turn(self) -> None:
        room, self._in_the_room = self._in_the_room, {}
        controls, self._controls = self._controls, {}
        skip, self._skip = self._skip, None
        for source, changes in room.items():
            self._room.turn(changes, source)
        for source, changes in controls.items():
            await self._station.turn(changes, source)
        if skip is not None:
            await self._station.skip(skip)
