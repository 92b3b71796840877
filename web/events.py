"""GET /api/v1/events: what changes, as server-sent events with positions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial

from aiohttp import web

from renderer.pcm import Start
from station.programme import Programme
from station.station import Station
from web.feed import Feed, Feeds, encode_event
from web.keys import FEEDS, PROGRAMME, station_of
from web.views import health_view, now_view, start_view

CLOCK_SECONDS = 5.0


async def events(request: web.Request) -> web.StreamResponse:
    programme, station = request.app[PROGRAMME], station_of(request)
    feeds = request.app[FEEDS]
    if sum(len(feed) for feed in feeds.values()) >= programme.settings.stream.max_listeners:
        raise web.HTTPServiceUnavailable(text="all places are taken", headers={"Retry-After": "10"})
    headers = {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        "Access-Control-Allow-Origin": "*",
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    if request.transport is None:  # gone before we could answer
        return response
    feed = feeds[station.name]
    subscriber = feed.subscribe(request.transport.abort)
    try:
        await response.write(encode_event("now", now_view(programme, station)))
        while not subscriber.closed.is_set():
            await response.write(await subscriber.events.get())
    finally:
        feed.leave(subscriber)
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
            feeds[name].send("clock", {"position": station.position, "utc": utc})
            state = (station.listeners, health_view(programme, station))
            before = told.get(name)
            if before is None or before[0] != state[0]:
                feeds[name].send("listeners", {"listeners": state[0]})
            if before is None or before[1] != state[1]:
                feeds[name].send("note", state[1])
            told[name] = state


def make_feeds(names: list[str]) -> Feeds:
    return Feeds({name: Feed() for name in names})
