"""Who may hold a connection, for how long, and with how much on it unanswered.

aiohttp trusts its clients further than a radio on the open internet can: it has no limit of
connections, keeps whatever comes before a request is whole, waits for ever for a client to read
its answer, and logs a traceback for each malformed request. Beside thousands of listeners each
of these is a way to be heard by all of them. A slow request needs nothing of ours: aiohttp's
`keepalive_timeout` counts from the connection to its first whole request, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import resource
from typing import Any

from aiohttp import web

from storage.fault import Fault
from web.access_log import LOGGED, AccessLog
from web.listening import cut_off

logger = logging.getLogger(__name__)

RESERVED_FILES = 200  # of what the system allows: database, fonts, pipes, Icecast pushes
BACKLOG = 4096  # connections the kernel holds for us while we are busy: its own limit
ACCEPTED_IN_A_ROW = 32
MOST_UNANSWERED_BYTES = 32 * 1024  # head and body of a request, and what came behind it
MOST_FIELDS = 64  # header lines
SPREAD = 1.25  # times the seconds set, at most, until a silent connection is closed
SOME_ARE_FREE = 0.9  # of all connections: below that, the log says so
ANSWER_SECONDS = 30.0  # to take an answer, and a second more for each so many bytes:
ANSWER_BYTES_PER_SECOND = 8 * 1024
# Without a length: they end with the connection.
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 10\r\n"
    b"Connection: close\r\n\r\ntoo many open connections\n"
)
TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain\r\n"
    b"Connection: close\r\n\r\nthe request is too long\n"
)


class Connection(web.RequestHandler):
    """aiohttp's side of one connection, with bounds."""

    __slots__ = ("_door", "_unanswered_bytes")

    def __init__(self, door: Door, server: web.Server, **settings: Any) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **settings)
        self._door = door
        self._unanswered_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._door.open += 1
        assert isinstance(transport, asyncio.WriteTransport)
        # "Written" is to mean "with the kernel": see `finish_response`.
        transport.set_write_buffer_limits(high=0)

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._door.open -= 1

    def data_received(self, data: bytes) -> None:
        self._unanswered_bytes += len(data)
        if self._unanswered_bytes <= MOST_UNANSWERED_BYTES:
            super().data_received(data)
        elif self.transport is not None:
            if self._current_request is not None:  # it listens, say, and sends us a film
                cut_off(self.transport)
            else:
                self.transport.write(TOO_LONG)
                self.force_close()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer, but not to one who never takes it."""
        transport = self.transport
        seconds = ANSWER_SECONDS + (resp.content_length or 0) / ANSWER_BYTES_PER_SECOND
        try:
            async with asyncio.timeout(seconds):
                return await super().finish_response(request, resp, start_time)
        except TimeoutError:
            if transport is not None:
                cut_off(transport)
            return resp, True
        finally:
            self._unanswered_bytes = 0

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What a client did wrong is told to the client, and not to our log."""
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        request[LOGGED] = True  # nor to that of requests: it is none
        answer = web.Response(status=status, text=f"{message or 'bad request'}\n")
        answer.force_close()
        return answer


class Refusal(asyncio.Protocol):
    """A connection too many: told so, and closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(FULL)
        transport.close()


class Door:
    """Makes what answers each new connection: what `create_server` calls."""

    def __init__(
        self, runner: web.AppRunner, most: int, header_seconds: float, log: AccessLog
    ) -> None:
        """
        Args:
            runner: of an application that is set up.
            most: connections open at once.
            header_seconds: until a whole request must be there, after connecting and after
                the answer to the one before.
            log: where requests are noted.
        """
        assert runner.server is not None
        self.open = 0
        self._fault = Fault("new connections are refused")
        self._server = runner.server
        self._most = most
        self._header_seconds = header_seconds
        self._settings: dict[str, Any] = {
            "access_log": log if log.enabled else None,
            "access_log_class": lambda *_: log,  # one for all
            "lingering_time": header_seconds,
            "max_headers": MOST_FIELDS,
            "auto_decompress": False,  # nothing that is sent to us is worth a bomb
        }

    def __call__(self) -> asyncio.Protocol:
        if self.open >= self._most:
            self._fault.begins(f"{self.open} are open; see server.max_connections")
            return Refusal()
        if self.open < SOME_ARE_FREE * self._most:
            self._fault.ends()
        # Thousands that came at once are not to be closed at once: each takes the loop a moment.
        seconds = random.uniform(1, SPREAD) * self._header_seconds
        return Connection(self, self._server, keepalive_timeout=seconds, **self._settings)


async def listen(door: Door, host: str, port: int) -> asyncio.Server:
    """
    Raises:
        OSError: nobody may listen there, or somebody does already.
    """
    # asyncio accepts as many in a row as the backlog is long, and a flood of that length would
    # hold the loop: it is told a short one, and the kernel the long one.
    loop = asyncio.get_running_loop()
    server = await loop.create_server(door, host, port, backlog=ACCEPTED_IN_A_ROW)
    for each in server.sockets:
        with each.dup() as raw:
            raw.listen(BACKLOG)
    return server


def most_connections(wanted: int) -> int:
    """How many may be open: `wanted`, or for 0 what the system's limit of open files allows.

    The soft limit is raised to the hard one first, for the whole process.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # not allowed here: what there is must do
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted or 2**20
    allowed = max(1, files - RESERVED_FILES)
    if wanted > allowed:
        logger.warning(
            "server.max_connections is %d, but with %d open files allowed there can be %d: "
            "raise the limit (ulimit -n, or LimitNOFILE in the unit)",
            *(wanted, files, allowed),
        )
    return min(wanted or allowed, allowed)
