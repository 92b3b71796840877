"""GET /api/v1/events: what changes, as server-sent events with positions."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from functools import partial

from aiohttp import web

from renderer.pcm import Start
from station.programme import Programme
from station.station import Station
from web.access_log import ACCESS_LOG
from web.feed import Feed, Feeds, encode_event
from web.keys import FEEDS, PROGRAMME, station_of
from web.limits import PAGE_PLACES
from web.proxies import client_address
from web.views import health_view, now_view, start_view

CLOCK_SECONDS = 5.0


async def events(request: web.Request) -> web.StreamResponse:
    """Places are counted as those of streams are, but apart: a page has one of each."""
    station = station_of(request)
    with request.app[PAGE_PLACES].place(client_address(request)):
        return await _tell(request, station, request.app[FEEDS][station.name])


async def _tell(request: web.Request, station: Station, feed: Feed) -> web.StreamResponse:
    began = time.monotonic()
    headers = {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    if request.transport is None:  # gone before we could answer
        return response
    subscriber = feed.subscribe(request.transport.abort)
    try:
        await response.write(encode_event("now", now_view(request.app[PROGRAMME], station)))
        while not subscriber.closed.is_set():
            await response.write(await subscriber.events.get())
    finally:
        feed.leave(subscriber)
        seconds = time.monotonic() - began
        sent_bytes = request.writer.output_size
        request.app[ACCESS_LOG].write(request, response.status, sent_bytes, seconds)
    return response


async def feeding(app: web.Application) -> AsyncIterator[None]:
    """While the application runs, tell each feed what its station does."""
    programme = app[PROGRAMME]
    for name, station in programme.stations.items():
        station.timeline.watch(partial(_piece_began, app[FEEDS][name], programme, station))
    ticking = asyncio.create_task(_tell_the_time(app))
    yield
    ticking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await ticking


def _piece_began(feed: Feed, programme: Programme, station: Station, start: Start) -> None:
    feed.send("piece", start_view(programme, station, start))


async def close_feeds(app: web.Application) -> None:
    for feed in app[FEEDS].values():
        feed.close()


async def _tell_the_time(app: web.Application) -> None:
    programme, feeds = app[PROGRAMME], app[FEEDS]
    told: dict[str, tuple[object, object]] = {}
    while True:
        await asyncio.sleep(CLOCK_SECONDS)
        for name, station in programme.stations.items():
            utc = station.timeline.utc(station.position).isoformat()
            # By the same clock as `utc`, which does not follow when somebody sets the machine's.
            sent = station.timeline.utc(station.timeline.position_due(time.monotonic()))
            clock = {"position": station.position, "utc": utc, "sent": sent.isoformat()}
            feeds[name].send("clock", clock)
            state = (station.listeners, health_view(programme, station))
            # Who came meanwhile knows a state that nobody else may have been told of.
            before = None if feeds[name].somebody_came() else told.get(name)
            if before is None or before[0] != state[0]:
                feeds[name].send("listeners", {"listeners": state[0]})
            if before is None or before[1] != state[1]:
                feeds[name].send("note", state[1])
            told[name] = state


def make_feeds(names: list[str]) -> Feeds:
    return Feeds({name: Feed() for name in names})
