"""The exhibit over HTTP: what a wall shows, what the room is like, and the verbs that turn it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from station.exhibit.exhibit import Exhibit
from station.exhibit.room import VERBS, RoomState
from web.access import operator_only
from web.api import sent_object
from web.keys import FEEDS, PROGRAMME

ROOM_EVENT = "room"
SECONDS_A_MINUTE = 60


async def exhibit(request: web.Request) -> web.Response:
    """GET /api/v1/exhibit: what a wall needs, and a heartbeat for the house's own system."""
    programme = request.app[PROGRAMME]
    shown = programme.exhibit
    station, card = shown.station, shown.sound_card
    view = {
        "station": station.name,
        "title": station.settings.title,
        "scenes": list(shown.settings.scenes),
        "scene_seconds": shown.settings.scene_minutes * SECONDS_A_MINUTE,
        "room": room_view(shown, shown.room.state),
        "on_air": station.on_air,
        "position": station.position,
        "sound_card": None
        if card is None
        else {"device": card.device, "playing": card.is_playing, "fault": card.fault},
    }
    return web.json_response(view)


@operator_only
async def change(request: web.Request) -> web.Response:
    """PATCH /api/v1/exhibit: a JSON object of what is to be turned; all of it, or nothing."""
    return _turned(request, await sent_object(request, '{"muted": true}'))


@operator_only
async def say(request: web.Request) -> web.Response:
    """POST /api/v1/exhibit/{verb}: a word of a museum's control system."""
    verb = request.match_info["verb"]
    if verb == "volume":
        sent = await sent_object(request, '{"volume": 0.5}')
        return _turned(request, {"volume": sent.get("volume")})
    if verb not in VERBS:
        known = ", ".join((*VERBS, "volume", "sensors"))
        raise web.HTTPNotFound(text=f"the room does not know {verb!r}; it knows {known}")
    return _turned(request, VERBS[verb])


@operator_only
async def hear_sensors(request: web.Request) -> web.Response:
    """POST /api/v1/exhibit/sensors: what sensors read, by their names; what they all want then."""
    wires = request.app[PROGRAMME].exhibit.wires
    try:
        wires.hear_sensors(await sent_object(request, '{"door": 0.7}'))
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    return web.json_response({"sensors": wires.sensors})


def room_view(shown: Exhibit, state: RoomState) -> dict[str, Any]:
    """The room, and how long after `utc` its loudspeakers play a position."""
    return {**state.as_dict(), "heard_delay_ms": shown.room.heard_delay_ms}


async def telling(app: web.Application) -> AsyncIterator[None]:
    """While the application runs, tell every wall how the room changes."""
    shown = app[PROGRAMME].exhibit
    feed = app[FEEDS][shown.station.name]
    shown.room.watch(lambda state: feed.send(ROOM_EVENT, room_view(shown, state)))
    yield


def _turned(request: web.Request, changes: Any) -> web.Response:
    shown = request.app[PROGRAMME].exhibit
    try:
        state = shown.room.turn(changes, source="http")
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    return web.json_response(room_view(shown, state))


ROUTES = (
    web.get("/api/v1/exhibit", exhibit),
    web.patch("/api/v1/exhibit", change),
    web.post("/api/v1/exhibit/sensors", hear_sensors),
    web.post("/api/v1/exhibit/{verb}", say),
)
