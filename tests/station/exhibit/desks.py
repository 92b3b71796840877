"""A show's control desk: python-osc, which tells the exhibit and hears of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, cast

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_server import AsyncIOOSCUDPServer

from station.exhibit.osc_space import PREFIX

PATIENCE_SECONDS = 20.0


def message(address: str, *args: Any) -> bytes:
    builder = OscMessageBuilder(PREFIX + address)
    for arg in args:
        if isinstance(arg, tuple):
            kind, value = arg
            builder.add_arg(value, kind)
        else:
            builder.add_arg(arg)
    return builder.build().dgram


class Desk:
    """Sends from the port on which it hears."""

    def __init__(self, station_port: int | None) -> None:
        self._station = ("127.0.0.1", station_port)
        self._heard: asyncio.Queue[tuple[str, tuple[Any, ...]]] = asyncio.Queue()
        self.dispatcher = Dispatcher()
        self.dispatcher.set_default_handler(self._hear)
        self.transport: asyncio.DatagramTransport

    @property
    def address(self) -> str:
        host, port = self.transport.get_extra_info("sockname")
        return f"{host}:{port}"

    def send(self, address: str, *args: Any) -> None:
        self.send_bytes(message(address, *args))

    def send_bytes(self, datagram: bytes) -> None:
        self.transport.sendto(datagram, self._station)

    @property
    def has_heard(self) -> bool:
        return not self._heard.empty()

    async def next(self) -> tuple[str, tuple[Any, ...]]:
        """The next message: its address below the prefix, and what it says."""
        return await asyncio.wait_for(self._heard.get(), PATIENCE_SECONDS)

    async def settled(self) -> list[tuple[str, tuple[Any, ...]]]:
        """All that came, once the station has read what was sent until now."""
        self.send("/ping", "settled")
        heard = []
        while (found := await self.next()) != ("/pong", ("settled",)):
            heard.append(found)
        return heard

    def _hear(self, address: str, *args: Any) -> None:
        self._heard.put_nowait((address.removeprefix(PREFIX), args))


@contextlib.asynccontextmanager
async def desk(station_port: int | None = None) -> AsyncIterator[Desk]:
    made = Desk(station_port)
    loop = cast(asyncio.BaseEventLoop, asyncio.get_running_loop())
    server = AsyncIOOSCUDPServer(("127.0.0.1", 0), made.dispatcher, loop)
    transport, _ = await server.create_serve_endpoint()
    made.transport = cast(asyncio.DatagramTransport, transport)
    try:
        yield made
    finally:
        transport.close()
