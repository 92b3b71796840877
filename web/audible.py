"""Do our own streams sound? The last word of monitoring: what goes out, decoded as by a player.

It costs a decoder some milliseconds a mount, off the event loop, so that one station is listened
to at a time, and what was heard is believed for a while.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiohttp import web

from renderer.errors import FramingError
from renderer.probe import hear
from station.mount import Mount
from station.station import Station
from web.keys import station_of

BELIEVED_SECONDS = 5.0


class Ear:
    """Listens to stations, one after the other."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._heard: dict[str, tuple[float, dict[str, Any]]] = {}  # when, by station

    async def listen(self, station: Station) -> dict[str, Any]:
        """What each mount sounds like, by name, now or a moment ago."""
        async with self._one_at_a_time:
            heard_at, heard = self._heard.get(station.name, (-BELIEVED_SECONDS, {}))
            if time.monotonic() - heard_at >= BELIEVED_SECONDS:
                heard = {name: await _hear(mount) for name, mount in station.mounts.items()}
                self._heard[station.name] = (time.monotonic(), heard)
            return heard


EAR = web.AppKey("ear", Ear)


async def audible(request: web.Request) -> web.Response:
    """GET /audible: 200 if every mount of a station can be decoded and is sound, else 503."""
    station = station_of(request)
    mounts = await request.app[EAR].listen(station)
    well = station.on_air and all(mount["audible"] for mount in mounts.values())
    body = {"audible": well, "station": station.name, "mounts": mounts}
    return web.json_response(body, status=200 if well else 503)


async def _hear(mount: Mount) -> dict[str, Any]:
    if not mount.is_on_air:
        return {"audible": False, "error": "not on air yet"}
    try:
        heard = await asyncio.to_thread(hear, mount.opening())
    except FramingError as error:
        return {"audible": False, "error": str(error)}
    return {
        "audible": heard.is_sound,
        "seconds": round(heard.seconds, 2),
        "level_db": round(heard.level_db, 1),
    }
