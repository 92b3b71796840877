"""GET /at/{time}: what was on air then, made again as one listens, or as a file of some minutes.

A replay costs far more than a listener, and sound on air goes first: few at once, each on a thread
that gives way, and no further ahead of its listener than `AHEAD_SECONDS`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from aiohttp import hdrs, web

from renderer.errors import RenderError
from renderer.pcm import SAMPLE_RATE_HZ
from station.errors import NothingAiredError
from station.replaying import QUICK_SECONDS, WARM_UP_SECONDS
from station.station import Station
from station.time_machine import TimeMachine, coded, thread
from station.timeline import moment
from storage.errors import StorageError
from web.keys import PROGRAMME, station_of
from web.limits import is_this_machine, network_of
from web.listening import cut_off, limit_send_buffer
from web.proxies import client_address

AT_ONCE = 4
AT_ONCE_FROM_ADDRESS = 2
AHEAD_SECONDS = 20.0  # of what a listener has heard by now
BEHIND_SECONDS = 60.0  # whoever takes sound more slowly than it plays is let go after so long

SOON = {"Retry-After": "10"}
LATER = {"Retry-After": "60"}
KINDS = {"mp3": "audio/mpeg", "opus": "audio/ogg", "flac": "audio/flac", "wav": "audio/wav"}


T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for."""

    station: Station
    begins: datetime  # UTC
    kind: str
    seconds: float
    is_file: bool  # as fast as it can be made, under a name

    @property
    def warm_up_seconds(self) -> float:
        return WARM_UP_SECONDS if self.is_file else QUICK_SECONDS

    @property
    def headers(self) -> dict[str, str]:
        headers = {
            hdrs.CONTENT_TYPE: KINDS[self.kind],
            hdrs.CACHE_CONTROL: "no-store, no-transform",
            "X-Accel-Buffering": "no",
        }
        if self.is_file:
            name = f"{self.station.name}-{self.begins:%Y-%m-%dT%H-%M-%SZ}.{self.kind}"
            headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="latentfm-{name}"'
        return headers


class Seats:
    """Who may have a replay. Any thread may call: a seat is free when its thread is done."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()  # by network
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        return self._taken.total()

    def take(self, address: str) -> str:
        """The network to `leave` for.

        Raises:
            HTTPServiceUnavailable, HTTPTooManyRequests: there is none.
        """
        network = network_of(address)
        with self._lock:
            if self._taken.total() >= AT_ONCE:
                raise web.HTTPServiceUnavailable(
                    text=f"{AT_ONCE} replays play already, which is all at once; try again soon",
                    headers=LATER,
                )
            if not is_this_machine(address) and self._taken[network] >= AT_ONCE_FROM_ADDRESS:
                raise web.HTTPTooManyRequests(
                    text=f"{AT_ONCE_FROM_ADDRESS} replays play to your address already",
                    headers=LATER,
                )
            self._taken[network] += 1
        return network

    def leave(self, network: str) -> None:
        with self._lock:
            self._taken[network] -= 1
            self._taken += Counter()  # forget those with none


MACHINE = web.AppKey("time_machine", TimeMachine)
SEATS = web.AppKey("time_machine_seats", Seats)


async def travelling(app: web.Application) -> AsyncIterator[None]:
    """The machine, as the application starts."""
    programme = app[PROGRAMME]
    app[MACHINE] = TimeMachine(programme.database, programme.fonts)
    app[SEATS] = Seats()
    yield


async def at(request: web.Request) -> web.StreamResponse:
    """?format= mp3, opus, flac or wav; ?minutes= for a file of that length."""
    wish = _wish(request)
    seats, replaying, sound = request.app[SEATS], thread(), None
    network = seats.take(client_address(request))
    try:
        asked = wish.station.name, wish.begins, wish.seconds
        begin = partial(request.app[MACHINE].replay, *asked, wish.warm_up_seconds)
        replay = await _run(replaying, begin)
        if request.method == hdrs.METH_HEAD:
            return web.Response(headers=wish.headers)
        sound = coded(replay, wish.kind, wish.station.settings.title)
        return await _send(request, wish, partial(_run, replaying, partial(next, sound, None)))
    finally:
        last = replaying.submit(sound.close if sound else int)
        last.add_done_callback(lambda _: seats.leave(network))
        replaying.shutdown(wait=False)


async def _send(
    request: web.Request, wish: Wish, more: Callable[[], Awaitable[tuple[bytes, int] | None]]
) -> web.StreamResponse:
    """All there is, at the pace it is to be taken at."""
    response = web.StreamResponse(headers=wish.headers)
    began, sent_seconds = 0.0, 0.0
    try:
        while part := await more():
            data, frames = part
            if data and not response.prepared:  # nothing is promised before there is sound
                await response.prepare(request)
                if request.transport is not None:
                    limit_send_buffer(request.transport)
                began = time.monotonic()
            if data:
                async with asyncio.timeout(
                    began + sent_seconds + BEHIND_SECONDS - time.monotonic()
                ):
                    await response.write(data)
            sent_seconds += frames / SAMPLE_RATE_HZ
            if not wish.is_file and response.prepared:
                ahead_seconds = sent_seconds - (time.monotonic() - began)
                await asyncio.sleep(max(0.0, ahead_seconds - AHEAD_SECONDS))
        await response.write_eof()
    except TimeoutError:
        _cut_off(request)
    except web.HTTPException as error:
        if not response.prepared:
            raise
        logger.warning("a replay of %s broke off: %s", wish.station.name, error.text)
        _cut_off(request)  # or it would seem to be all there is
    return response


async def _run(replaying: Executor, work: Callable[[], T]) -> T:
    """Some work on the replay's thread; what is wrong with it, in HTTP's words.

    Raises:
        HTTPNotFound, HTTPServiceUnavailable: nothing was aired then, or nobody can say.
    """
    try:
        return await asyncio.get_running_loop().run_in_executor(replaying, work)
    except NothingAiredError as error:
        raise web.HTTPNotFound(text=str(error)) from error
    except (StorageError, RenderError) as error:
        raise web.HTTPServiceUnavailable(text=str(error), headers=SOON) from error


def _wish(request: web.Request) -> Wish:
    """
    Raises:
        HTTPBadRequest, HTTPNotFound: what is wrong with it.
    """
    station, query = station_of(request), request.query
    accepted = request.headers.get(hdrs.ACCEPT, "")
    kind = query.get("format") or next((k for k, mime in KINDS.items() if mime in accepted), "mp3")
    if kind not in KINDS:
        raise web.HTTPBadRequest(text=f"format is one of {', '.join(KINDS)}, not {kind!r}")
    most = request.app[PROGRAMME].settings.exports.replay_minutes
    try:
        begins = moment(request.match_info["time"])
        minutes = float(query.get("minutes", most))
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    if not 0 < minutes <= most:
        raise web.HTTPBadRequest(text=f"minutes is above 0, up to {most:g}, not {minutes:g}")
    return Wish(station, begins, kind, 60 * minutes, "minutes" in query)


def _cut_off(request: web.Request) -> None:
    if request.transport is not None:
        cut_off(request.transport)


ROUTES = (("/at/{time}", at),)
