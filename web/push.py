"""Our stream at other people's Icecasts: each push comes back by itself, and disturbs nobody."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web

from renderer.pcm import Start
from station.errors import SettingsError
from station.programme import Programme
from station.station import Station
from station.stream_settings import PushSettings
from station.timeline import utc_now
from web.icecast_source import (
    AUTHENTICATION_REQUIRED,
    RefusedError,
    Sound,
    Target,
    connect,
    tell_title,
)
from web.keys import PROGRAMME
from web.listening import SocketListener

logger = logging.getLogger(__name__)

FIRST_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 60.0
HELD_SECONDS = 60.0  # a push that lived this long begins its backoff anew
TITLE_TRIES = 5
TITLE_RETRY_SECONDS = 1.0
TITLE_TIMEOUT = ClientTimeout(total=10)


class Line(SocketListener):
    """A listener that says when sound has gone out to it."""

    def __init__(self, transport: asyncio.WriteTransport, has_gone_out: Callable[[], None]) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().__init__(transport, icy=False)
        self._has_gone_out = has_gone_out

    def send(self, data: bytes) -> int:
        backlog_bytes = super().send(data)
        self._has_gone_out()
        return backlog_bytes


class Push:
    """One mount of a station at one Icecast. Make it, `run` it for as long as the station runs.

    To the mount it is a listener like any other: it gets the same bytes, and is cut off when it
    is too slow. Then, and whenever the Icecast is away, it tries again, more and more slowly.
    """

    def __init__(self, station: Station, settings: PushSettings) -> None:
        """
        Raises:
            SettingsError: the station does not broadcast what is to be sent.
        """
        if settings.mount not in station.mounts:
            known = ", ".join(station.mounts)
            raise SettingsError(
                f"stations.{station.name}.push: {settings.url} is to get {settings.mount!r}, "
                f"which is not broadcast. Put it into [stream] mounts, or take one of: {known}."
            )
        self.since: datetime | None = None  # it is connected, UTC
        self.error: str | None = None  # why it is not, in words
        self.mount = settings.mount
        self.target = Target(settings.url, settings.user, settings.password.get_secret_value())
        self._station = station
        self._mount = mount = station.mounts[settings.mount]
        self._sound = Sound(
            mount.format.mime_type,
            mount.bitrate_kbps,
            station.settings.title,
            station.settings.description,
            station.settings.genre,
            settings.public,
        )
        self._title = ""
        self._is_new = False  # the title: none of its sound has gone out yet
        self._to_tell = asyncio.Event()
        self._takes_titles = True
        station.timeline.watch(self._piece_begins)

    async def run(self, http: ClientSession) -> None:
        """Send, until the station ends."""
        await self._station.began.wait()
        backoff_seconds = FIRST_BACKOFF_SECONDS
        while self._mount.is_on_air:
            began = asyncio.get_running_loop().time()
            try:
                reader, writer = await connect(self.target, self._sound)
                self._is_up()
                reason = await self._send(reader, writer, http)
            except RefusedError as refused:
                reason = str(refused)
                if refused.status == AUTHENTICATION_REQUIRED:  # it takes a person to mend that
                    backoff_seconds = MAX_BACKOFF_SECONDS
            except TimeoutError:
                reason = "it does not answer"
            except (OSError, ValueError) as error:  # the second of a name that can be none
                reason = (isinstance(error, OSError) and error.strerror) or str(error)
            if not self._mount.is_on_air:
                break
            self._is_down(reason)
            if asyncio.get_running_loop().time() - began > HELD_SECONDS:
                backoff_seconds = FIRST_BACKOFF_SECONDS
            await asyncio.sleep(backoff_seconds * random.uniform(0.5, 1))  # not all at once
            backoff_seconds = min(MAX_BACKOFF_SECONDS, 2 * backoff_seconds)
        self.since = None

    async def _send(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, http: ClientSession
    ) -> str:
        """Be a listener until one side ends it; why it ended."""
        listener = Line(writer.transport, self._sound_has_gone_out)
        self._title = self._station.title_at(self._station.position)
        titles = asyncio.ensure_future(self._tell_titles(http))
        hung_up = asyncio.ensure_future(_end_of(reader))
        first, _ = self._mount.join(listener, burst=False)
        try:
            listener.send(first)
            over: set[asyncio.Future[Any]] = {hung_up, listener.ended}
            await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
            if listener.ended.done():
                return "it takes our sound too slowly"
            hung_up.result()
            return "it closed the connection"
        finally:
            self._mount.leave(listener)
            titles.cancel()
            hung_up.cancel()
            writer.close()

    def _piece_begins(self, start: Start) -> None:
        self._title, self._is_new = start.piece.title, True

    def _sound_has_gone_out(self) -> None:
        # Not before: Icecast ties a title to the bytes that it reads next.
        if self._is_new:
            self._is_new = False
            self._to_tell.set()

    async def _tell_titles(self, http: ClientSession) -> None:
        if self._sound.has_titles_inside:
            return
        while True:
            self._to_tell.clear()
            for _ in range(TITLE_TRIES):  # a mount may be a moment younger than its source
                fault = await tell_title(http, self.target, self._title)
                if fault is None:
                    break
                await asyncio.sleep(TITLE_RETRY_SECONDS)
            if fault and self._takes_titles:
                logger.warning("%s takes no titles: %s", self.target.address, fault)
            self._takes_titles = fault is None
            await self._to_tell.wait()

    def _is_up(self) -> None:
        self.since, self.error = utc_now(), None
        logger.info("%s: %s gets our %s", self._station.name, self.target.address, self.mount)

    def _is_down(self, reason: str) -> None:
        if reason != self.error:
            name, address = self._station.name, self.target.address
            logger.warning("%s: %s does not get our sound: %s", name, address, reason)
        self.since, self.error = None, reason


async def _end_of(reader: asyncio.StreamReader) -> None:
    """Once the Icecast hangs up. What it says before (200, after its 100) is nothing new."""
    while await reader.read(1024):
        pass


Pushes = dict[str, list[Push]]  # by station
PUSHES = web.AppKey("pushes", Pushes)


def make_pushes(programme: Programme) -> Pushes:
    """
    Raises:
        SettingsError: see Push.
    """
    return {
        name: [Push(station, each) for each in station.settings.push]
        for name, station in programme.stations.items()
    }


async def pushing(app: web.Application) -> AsyncIterator[None]:
    """While the application runs, so do its pushes."""
    app[PUSHES].update(make_pushes(app[PROGRAMME]))
    async with ClientSession(timeout=TITLE_TIMEOUT) as http:
        tasks = [
            asyncio.create_task(push.run(http))
            for pushes in app[PUSHES].values()
            for push in pushes
        ]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
