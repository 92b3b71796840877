"""The JSON API, version 1."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web

from generators.music import Piece
from station.timeline import moment
from storage import queries
from storage.errors import StorageError
from storage.ratings import counts_of
from web import azuracast
from web.access import operator_only
from web.controls import controls_view, promise_view
from web.keys import PROGRAMME, SESSIONS, station_of
from web.push import PUSHES
from web.views import airing_view, now_view, station_view

MOST_HISTORY = 200
PIECE_ID = re.compile(r"[0-9a-f]{20}")


async def stations(request: web.Request) -> web.Response:
    programme = request.app[PROGRAMME]
    pushes = request.app[PUSHES]
    views = [
        station_view(programme, station, pushes[name])
        for name, station in programme.stations.items()
    ]
    return web.json_response(views)


async def now(request: web.Request) -> web.Response:
    return web.json_response(now_view(request.app[PROGRAMME], station_of(request)))


async def nowplaying(request: web.Request) -> web.Response:
    """AzuraCast's shape, which players and widgets know: one station."""
    return web.json_response(await azuracast.nowplaying(request, station_of(request)))


async def nowplaying_everywhere(request: web.Request) -> web.Response:
    """The same, a list of all stations."""
    stations = request.app[PROGRAMME].stations.values()
    return web.json_response([await azuracast.nowplaying(request, each) for each in stations])


async def history(request: web.Request) -> web.Response:
    """?limit= 1..200, ?before= an ISO 8601 time: what was aired earlier, newest first."""
    limit = whole(request, "limit", 20, 1, MOST_HISTORY)
    before = time_in(request, "before")
    programme, name = request.app[PROGRAMME], station_of(request).name
    aired = await read(partial(queries.history, programme.database, name, before, limit))
    ids = [each.piece.id for each in aired]
    counts = await read(partial(counts_of, programme.database, ids))
    views = [airing_view(programme, each, counts[each.piece.id]) for each in aired]
    return web.json_response({"airings": views})


async def session(request: web.Request) -> web.Response:
    """Where the stream that was asked for with this key began."""
    found = request.app[SESSIONS].get(request.match_info["key"])
    if found is None:
        raise web.HTTPNotFound(text="no stream was asked for with this key (yet, or lately)")
    body = {"position": found.position, "format": found.format, "station": found.station}
    return web.json_response(body, headers={"Cache-Control": "no-store"})


async def schedule(request: web.Request) -> web.Response:
    programme = request.app[PROGRAMME]
    shows = {
        name: {"on": station.show.name, "timezone": station.settings.timezone}
        for name, station in programme.stations.items()
    }
    return web.json_response({"shows": shows, "jobs": programme.scheduler.jobs()})


async def controls(request: web.Request) -> web.Response:
    return web.json_response(controls_view(station_of(request)))


@operator_only
async def change_controls(request: web.Request) -> web.Response:
    """A JSON object of controls; all of it is done, or nothing."""
    station = station_of(request)
    changes = await sent_object(request, '{"tempo": 1.1}')
    try:
        # To the end, even if who asked is gone: controls that nobody follows would be worse.
        promise = await asyncio.shield(station.turn(changes))
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    return web.json_response({**station.controls.as_dict(), **promise_view(station, promise)})


@operator_only
async def skip(request: web.Request) -> web.Response:
    """Fade over into the next piece."""
    await station_of(request).skip()
    return web.json_response({"skipped": True}, status=202)


async def body_of(request: web.Request) -> bytes:
    """
    Raises:
        HTTPRequestTimeout: it comes too slowly.
    """
    try:
        async with asyncio.timeout(request.app[PROGRAMME].settings.server.header_seconds):
            return await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(text="the body did not come in time") from error


async def sent_object(request: web.Request, example: str) -> dict[str, Any]:
    """What a request brings.

    Raises:
        HTTPBadRequest: it is no JSON object.
    """
    try:
        sent = json.loads(await body_of(request))
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest(text=f"the body is not JSON: {error}") from error
    if not isinstance(sent, dict):
        raise web.HTTPBadRequest(text=f"send a JSON object, like {example}")
    return sent


async def find_piece(request: web.Request) -> Piece:
    """`piece_called` what the path names."""
    return await piece_called(request, request.match_info["piece_id"])


async def piece_called(request: web.Request, piece_id: str) -> Piece:
    """
    Raises:
        HTTPNotFound, HTTPServiceUnavailable: it is not there, or the database is not.
    """
    found: Piece | None = await read(
        partial(queries.piece, request.app[PROGRAMME].database, piece_id)
    )
    if found is None:
        raise web.HTTPNotFound(text=f"no piece has the id {piece_id}")
    return found


async def read(query: Any) -> Any:
    """Run a query off the event loop."""
    try:
        return await asyncio.to_thread(query)
    except StorageError as error:
        raise web.HTTPServiceUnavailable(text=str(error), headers={"Retry-After": "10"}) from error


def whole(request: web.Request, name: str, default: int, low: int, high: int) -> int:
    """A whole number in the query."""
    text = request.query.get(name, str(default))
    is_number = text.isascii() and text.isdigit() and len(text) <= 9
    if not is_number or not low <= int(text) <= high:
        raise web.HTTPBadRequest(text=f"{name} must be a whole number from {low} to {high}")
    return int(text)


def time_in(request: web.Request, name: str) -> datetime | None:
    """An ISO 8601 time in the query, in UTC."""
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return moment(text)
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"{name} must be a time like 2026-11-21T14:32:00Z") from error
