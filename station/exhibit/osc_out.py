"""Tell others of the music and the room by Open Sound Control, over UDP.

Bundles carry the time at which they are heard, and go out a little before it: who reads time tags
is exact; who does not shows a light 50 ms before its sound, which nobody notices (ITU-R BT.1359
has people notice from 125 ms on). UDP never waits, and who is away costs nobody else anything.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from station.exhibit.budget import Budget
from station.exhibit.moments import Moment, PieceBegins, Rest
from station.exhibit.osc_space import Args, Told, bundle, of_moment, of_piece, split_address

logger = logging.getLogger(__name__)

AT_ONCE = 0.0
LOOK_SECONDS = 0.25  # between two looks at what dials and room are like
HEARTBEAT_SECONDS = 10.0  # all of it again, for who came late
RESOLVE_SECONDS = 60.0  # between two questions for the address of a name
MOST_A_SECOND = 400  # bundles; a trio at its wildest has some hundred


class OscOut:
    """Tells a list of others. `play` is the conductor's thread's, all else the event loop's."""

    def __init__(
        self,
        others: Sequence[str],
        state: Callable[[], Mapping[str, Args]],
        *,
        now: Callable[[], float] = time.monotonic,
        unix: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            others: each as host:port.
            state: what dials and room are like, by address below the prefix.
        """
        self._others = [Other(name) for name in others]
        self._state = state
        self._now = now
        self._unix = unix
        self._known: Mapping[str, Args] = {}  # what was told of the state
        self._playing: tuple[float, Args] | None = None  # when a piece began, and which
        self._budget = Budget(MOST_A_SECOND, now=now)
        self._is_flooded = False

    def play(self, due: float, moments: Sequence[Moment]) -> None:
        """Send what is due at a time of the monotonic clock, in one bundle."""
        for moment in moments:
            if isinstance(moment, PieceBegins):
                self._playing = due, of_piece(moment.piece)
            elif isinstance(moment, Rest):
                self._playing = None
        told = [each for moment in moments if (each := of_moment(moment)) is not None]
        self._send(told, self._unix() + due - self._now())

    def tell_changes(self) -> None:
        """Send what of dials and room is another than was told."""
        state, known = self._state(), self._known
        self._known = state
        self._send([told for told in state.items() if known.get(told[0]) != told[1]], AT_ONCE)

    def tell_all(self) -> None:
        """Send what plays, and all of dials and room."""
        self._known = self._state()
        told: list[Told] = list(self._known.items())
        if (playing := self._playing) is not None:
            began, piece = playing
            told.insert(0, ("/now", (*piece, max(0.0, self._now() - began))))
        self._send(told, AT_ONCE)

    async def run(self) -> None:
        """Tell of dials and room as they change, and of everything now and then."""
        async with asyncio.TaskGroup() as tasks:
            for other in self._others:
                tasks.create_task(other.find())
            told_all, found = -math.inf, 0
            while True:
                found_before, found = found, sum(other.is_found for other in self._others)
                if found > found_before or self._now() - told_all >= HEARTBEAT_SECONDS:
                    told_all = self._now()
                    self.tell_all()
                else:
                    self.tell_changes()
                await asyncio.sleep(LOOK_SECONDS)

    def close(self) -> None:
        for other in self._others:
            other.close()

    def _send(self, told: Sequence[Told], unix_seconds: float) -> None:
        if not told:
            return
        if self._budget.take():
            self._is_flooded = False
            datagram = bundle(told, unix_seconds)
            for other in self._others:
                other.send(datagram)
        elif not self._is_flooded:
            self._is_flooded = True
            logger.warning("over %d OSC bundles a second: some are left out", MOST_A_SECOND)


class Other:
    """One who is told."""

    def __init__(self, name: str) -> None:
        """`name` as host:port."""
        self._name = name
        self._host, self._port = split_address(name)
        self._sockets: dict[int, socket.socket] = {}  # by family
        self._way: tuple[socket.socket, Any] | None = None  # the socket to use, and the address
        self._fault = ""
        if self._is_address:  # so nobody need be asked
            self._take(socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM))

    @property
    def is_found(self) -> bool:
        """Its address is known."""
        return self._way is not None

    def send(self, datagram: bytes) -> None:
        """Never waits; who cannot be reached is told nothing."""
        if (way := self._way) is None:
            return
        try:
            way[0].sendto(datagram, way[1])
        except BlockingIOError:  # more than the network takes
            return
        except OSError as error:
            self._is_away(error.strerror or str(error))
        else:
            self._is_away("")

    async def find(self) -> None:
        """Find the address behind the name; again and again, for it may change."""
        loop = asyncio.get_running_loop()
        while not self._is_address:
            try:
                found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
                self._take(found)
            except (OSError, UnicodeError) as error:  # UnicodeError: no name can be like that
                self._is_away(str(error))
            await asyncio.sleep(RESOLVE_SECONDS)

    def close(self) -> None:
        self._way = None
        for each in self._sockets.values():
            each.close()

    @property
    def _is_address(self) -> bool:
        try:
            ipaddress.ip_address(self._host)
        except ValueError:
            return False
        return True

    def _take(self, found: Sequence[tuple[Any, ...]]) -> None:
        """The first of what a name stands for."""
        family, _, _, _, address = found[0]
        self._way = self._socket(family), address

    def _socket(self, family: int) -> socket.socket:
        if family not in self._sockets:
            made = socket.socket(family, socket.SOCK_DGRAM)
            made.setblocking(False)
            made.setsockopt(
                socket.SOL_SOCKET, socket.SO_BROADCAST, 1
            )  # to a whole network of lamps
            self._sockets[family] = made
        return self._sockets[family]

    def _is_away(self, fault: str) -> None:
        """Say it when it begins, and when it ends."""
        if fault and not self._fault:
            logger.warning("OSC does not reach %s: %s; it goes on trying", self._name, fault)
        elif self._fault and not fault:
            logger.info("OSC reaches %s again", self._name)
        self._fault = fault
