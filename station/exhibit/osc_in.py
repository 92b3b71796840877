"""Hear what others ask for by Open Sound Control, over UDP.

Whoever is in an allowed network is obeyed: OSC knows no password. What is not understood is
answered with words. The event loop reads, for it takes little; a flood is left in the kernel,
which throws away what nobody can read.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import itertools
import logging
import math
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from station.exhibit.budget import Budget
from station.exhibit.osc_commands import OscCommands
from station.exhibit.osc_packet import MOST_BYTES, Heard, messages
from station.exhibit.osc_space import PREFIX, answer, split_address

logger = logging.getLogger(__name__)

MOST_A_SECOND = 500  # messages: ten sensors at 50 Hz
BYTES_A_MESSAGE = 64  # a larger datagram counts as several
REST_SECONDS = 0.05  # without reading, once there were more
MOST_AT_ONCE = 4  # datagrams, before the event loop does something else
MOST_WAITING = 256  # messages of bundles whose time has not come
MOST_AHEAD_SECONDS = 60.0
ANSWER_SECONDS = 1.0  # between two errors to one sender
SENDERS_REMEMBERED = 256
RETRY_SECONDS = 10.0  # when the port is taken
SAY_SECONDS = 60.0  # between two lines in the log about a flood

Sender = tuple[Any, ...]  # host, port, and more of IPv6


class OscIn:
    """One port. All its methods are the event loop's."""

    def __init__(
        self,
        listen: str,
        allow: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network],
        commands: OscCommands,
        *,
        unix: Callable[[], float] = time.time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            listen: host:port.
            allow: whose messages are obeyed.
        """
        self._listen = listen
        self._host, self._port = split_address(listen)
        self._networks = allow
        self._commands = commands
        self._unix = unix
        self._now = now
        self._budget = Budget(MOST_A_SECOND, now=now)
        self._socket: socket.socket | None = None
        self._answered: OrderedDict[str, float] = OrderedDict()  # when, by host
        self._waiting: dict[int, asyncio.TimerHandle] = {}  # by number
        self._numbers = itertools.count()
        self._turned_away = False
        self._said_flood = -math.inf
        self.is_listening = asyncio.Event()

    @property
    def port(self) -> int | None:
        """Where it listens: of port 0, the one that the kernel gave. None while it does not."""
        return None if self._socket is None else int(self._socket.getsockname()[1])

    async def run(self) -> None:
        """Listen until cancelled; if the port is taken, as soon as it is not."""
        loop = asyncio.get_running_loop()
        self._socket = await self._bound()
        logger.info("OSC is heard at %s", self._listen)
        loop.add_reader(self._socket, self._read)
        self.is_listening.set()
        try:
            await asyncio.Event().wait()
        finally:
            loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
            for timer in self._waiting.values():
                timer.cancel()

    def hear(self, datagram: bytes, sender: Sender) -> None:
        """Do what a datagram says."""
        if not self._allows(sender[0]):
            if not self._turned_away:
                logger.warning("OSC from %s is not in [exhibit.osc] allow: not obeyed", sender[0])
            self._turned_away = True
            return
        try:
            heard = messages(datagram)
        except ValueError as error:
            self._refuse(sender, "", str(error))
            return
        for message in heard:
            self._take(message, sender)

    def _take(self, message: Heard, sender: Sender) -> None:
        """Do it now, or when its time has come."""
        seconds = message.unix_seconds - self._unix() if message.unix_seconds else 0.0
        if seconds <= 0:
            self._do(message, sender)
        elif seconds > MOST_AHEAD_SECONDS:
            words = f"its time tag is {seconds:.0f} s ahead; {MOST_AHEAD_SECONDS:.0f} s at most"
            self._refuse(sender, message.address, words)
        elif len(self._waiting) >= MOST_WAITING:
            self._refuse(sender, message.address, f"{MOST_WAITING} messages are waiting already")
        else:
            loop = asyncio.get_running_loop()
            number = next(self._numbers)
            timer = loop.call_later(seconds, self._do_waiting, number, message, sender)
            self._waiting[number] = timer

    def _do_waiting(self, number: int, message: Heard, sender: Sender) -> None:
        del self._waiting[number]
        self._do(message, sender)

    def _do(self, message: Heard, sender: Sender) -> None:
        if message.address == f"{PREFIX}/ping":
            try:
                self._answer(sender, "/pong", message.args)
            except OverflowError:  # a double may be more than the float of an answer
                self._refuse(sender, message.address, "a number is too large")
            return
        try:
            self._commands.do(message.address, message.args)
        except ValueError as error:
            self._refuse(sender, message.address, str(error))

    def _refuse(self, sender: Sender, address: str, words: str) -> None:
        """Say what is wrong, but not on and on."""
        if address in (f"{PREFIX}/error", f"{PREFIX}/pong"):  # two that answer each other never end
            return
        host, now = sender[0], self._now()
        if now - self._answered.get(host, -ANSWER_SECONDS) < ANSWER_SECONDS:
            return
        self._answered[host] = now
        self._answered.move_to_end(host)
        if len(self._answered) > SENDERS_REMEMBERED:
            self._answered.popitem(last=False)
        self._answer(sender, "/error", (address, words))

    def _answer(self, sender: Sender, address: str, args: Sequence[Any]) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # who is gone needs no answer
                self._socket.sendto(answer(address, args), sender)

    def _allows(self, host: str) -> bool:
        found = ipaddress.ip_address(host.partition("%")[0])
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in self._networks)

    def _read(self) -> None:
        assert self._socket is not None  # or nobody would read
        for _ in range(MOST_AT_ONCE):
            if not self._budget.take():
                self._rest()
                return
            try:
                datagram, sender = self._socket.recvfrom(MOST_BYTES + 1)
            except OSError:  # there is no more
                return
            self._budget.owe(max(0.0, len(datagram) / BYTES_A_MESSAGE - 1))
            self.hear(datagram, sender)

    def _rest(self) -> None:
        """Do not read for a moment."""
        if self._now() - self._said_flood > SAY_SECONDS:
            logger.warning("over %d OSC messages a second: some may be lost", MOST_A_SECOND)
            self._said_flood = self._now()
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._socket)
        loop.call_later(REST_SECONDS, self._read_on)

    def _read_on(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._read)

    async def _bound(self) -> socket.socket:
        loop, said = asyncio.get_running_loop(), ""
        while True:
            try:
                found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
                family, kind, protocol, _, address = found[0]
                made = socket.socket(family, kind, protocol)
                try:
                    made.setblocking(False)
                    made.bind(address)
                except OSError:
                    made.close()
                    raise
                return made
            except (OSError, UnicodeError) as error:  # UnicodeError: no name can be like that
                if said != (said := str(error)):
                    logger.warning("OSC is not heard at %s: %s", self._listen, error)
                await asyncio.sleep(RETRY_SECONDS)
