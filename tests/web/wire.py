"""A wire between a browser and a station, that can be cut without either end being told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

CHUNK_BYTES = 65_536


class Wire:
    """Passes bytes on, both ways, while `carries` is set. Make it with `wire`."""

    def __init__(self, port: int) -> None:
        """`port` is the station's, on this machine."""
        self.carries = asyncio.Event()
        self.carries.set()
        self.url = ""
        self._port = port
        self._ends: set[asyncio.StreamWriter] = set()

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the browser's, until an end closes it."""
        with contextlib.suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._ends |= {writer, far_writer}
            try:
                ways = (self._pass(reader, far_writer), self._pass(far_reader, writer))
                tasks = [asyncio.ensure_future(way) for way in ways]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            finally:
                for end in (writer, far_writer):
                    end.transport.abort()
                    self._ends.discard(end)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            await self.carries.wait()
            writer.write(data)
            await writer.drain()

    def drop(self) -> None:
        for end in self._ends:
            end.transport.abort()


@contextlib.asynccontextmanager
async def wire(port: int) -> AsyncIterator[Wire]:
    """A wire to the station at `port`; its own address is `url`."""
    between = Wire(port)
    server = await asyncio.start_server(between.join, "127.0.0.1")
    between.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield between
    finally:
        server.close()
        between.carries.set()
        between.drop()
        await server.wait_closed()
