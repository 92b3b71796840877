"""One line a request in a file, in the format of Icecast's access log.

    203.0.113.0 - - [21/Nov/2026:14:32:00 +0000] "GET /stream.mp3 HTTP/1.1" 200 480512 "-" "VLC" 30

That is the combined log format of Apache with the seconds connected behind it; the time is when
the request ended. Addresses are masked unless the operator wants them whole, and what stands
behind a `?` is left out: keys go there. A thread of its own writes the file, so a slow or full
disk touches nothing else; lines that it is too slow for are dropped.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import re
import sys
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from logging.handlers import WatchedFileHandler
from pathlib import Path

from aiohttp import hdrs, web
from aiohttp.abc import AbstractAccessLogger

from station.errors import SettingsError
from storage.fault import Fault
from web.keys import PROGRAMME
from web.proxies import client_address

MOST_WAITING = 10_000  # lines
KEPT_BITS = {4: 24, 6: 48}  # of a masked address
LOGGED = web.RequestKey("logged", bool)  # in a request that has its line, or shall have none
CLOSING_SECONDS = 1.0  # for the last lines


class AccessLog(AbstractAccessLogger):
    """One for all connections; it does nothing until it is opened."""

    def __init__(self, why_not: Callable[[], str | None] = lambda: None) -> None:
        """`why_not` is asked before each line: nothing is written while it has a reason."""
        self._file: LogFile | None = None
        self._is_full = False
        self._why_not = why_not

    def open(self, path: Path, *, full_addresses: bool) -> None:
        """
        Raises:
            SettingsError: the file cannot be written.
        """
        try:
            self._file = LogFile(path)
        except OSError as error:
            raise SettingsError(
                f"cannot write the access log {path}: {error.strerror}. Set [server] access_log in "
                "station.toml to a file in a folder that is there."
            ) from error
        self._is_full = full_addresses

    def close(self) -> None:
        if self._file:
            self._file.finish()
        self._file = None

    @property
    def enabled(self) -> bool:
        return self._file is not None

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """aiohttp calls this once an answer was sent whole."""
        if LOGGED not in request:
            assert isinstance(request, web.Request)
            self.write(request, response.status, response.body_length, time)

    def write(self, request: web.Request, status: int, sent_bytes: int, seconds: float) -> None:
        """A request has ended, `seconds` after it began.

        Answers without an end call it themselves, for aiohttp says nothing of one that was cut off.
        """
        request[LOGGED] = True
        if self._file and not self._why_not():
            address = client_address(request) or "-"
            shown = address if self._is_full else masked(address)
            self._file.add(line(shown, request, status, sent_bytes, seconds, datetime.now(UTC)))


ACCESS_LOG = web.AppKey("access_log", AccessLog)


async def logging_access(app: web.Application) -> AsyncIterator[None]:
    """While the application runs, keep the log that the settings ask for."""
    settings = app[PROGRAMME].settings.server
    log = app[ACCESS_LOG] = AccessLog(app[PROGRAMME].space.allows_samples)
    if settings.access_log:
        log.open(settings.access_log, full_addresses=settings.access_log_addresses == "full")
    yield
    log.close()


def line(
    address: str,
    request: web.BaseRequest,
    status: int,
    sent_bytes: int,
    seconds: float,
    ended: datetime,
) -> str:
    version = f"HTTP/{request.version.major}.{request.version.minor}"
    path = request.raw_path.partition("?")[0]
    referrer = request.headers.get(hdrs.REFERER, "-")
    agent = request.headers.get(hdrs.USER_AGENT, "-")
    return (
        f"{address} - - [{ended:%d/%b/%Y:%H:%M:%S %z}] "
        f'"{escaped(f"{request.method} {path} {version}")}" {status} {sent_bytes} '
        f'"{escaped(referrer)}" "{escaped(agent)}" {round(seconds)}'
    )


def escaped(text: str) -> str:
    """With each byte as \\xNN that could end a field or a line, or would not be ASCII.

    The backslash itself is one of them, so that it can be read back.
    """

    def as_bytes(found: re.Match[str]) -> str:
        return "".join(f"\\x{byte:02x}" for byte in found[0].encode(errors="surrogatepass"))

    return re.sub(r"[^ !#-\[\]-~]", as_bytes, text)


def masked(address: str) -> str:
    """The network of an address: what tells a city from another, and not a person."""
    try:
        bits = KEPT_BITS[ip_address(address).version]
    except ValueError:
        return address
    return str(ip_network(f"{address}/{bits}", strict=False).network_address)


class LogFile(WatchedFileHandler):
    """A file that may be rotated away under us, and the thread that writes it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="ascii")
        self._fault = Fault("the access log is not written")
        self._has_failed = False
        self._waiting: queue.Queue[str | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._write, name="access-log", daemon=True)
        self._thread.start()

    def add(self, text: str) -> None:
        """Never waits."""
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self._fault.begins("the disk is too slow, and lines are left out")

    def finish(self) -> None:
        """Write what waits, if that can be done soon."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
            self._thread.join(CLOSING_SECONDS)
        if not self._thread.is_alive():
            with contextlib.suppress(OSError):  # a full disk refuses the last lines once more
                self.close()

    def handleError(self, record: logging.LogRecord) -> None:
        self._has_failed = True
        self._fault.begins(str(sys.exception()))

    def _write(self) -> None:
        while (text := self._waiting.get()) is not None:
            record = logging.makeLogRecord({"msg": text})
            self._has_failed = False
            try:
                self.emit(record)
            except OSError:  # of looking whether the file is still there
                self.handleError(record)
            if not self._has_failed and self._waiting.empty():
                self._fault.ends()
