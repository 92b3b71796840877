"""What handlers find in their application, and by which names a request asks for it."""

from __future__ import annotations

from aiohttp import web

from renderer.formats import mount_path
from station.programme import Programme
from station.station import Station
from web.feed import Feeds
from web.sessions import Sessions

PROGRAMME = web.AppKey("programme", Programme)
SESSIONS = web.AppKey("sessions", Sessions)
FEEDS = web.AppKey("feeds", Feeds)


def station_of(request: web.Request) -> Station:
    """The station a request names, in its path or as `?station=`; else the first.

    Raises:
        HTTPNotFound: there is no such station.
    """
    programme = request.app[PROGRAMME]
    name = request.match_info.get("station") or request.query.get("station")
    if name is None:
        return programme.first
    if name not in programme.stations:
        known = ", ".join(programme.stations)
        raise web.HTTPNotFound(text=f"no station is called {name!r}; there are: {known}")
    return programme.stations[name]


def station_path(programme: Programme, station: Station) -> str:
    """What a station's own paths begin with; the first one has the short ones."""
    return "" if station is programme.first else f"/stations/{station.name}"


def stream_path(programme: Programme, station: Station, mount: str) -> str:
    """`/stream.mp3`, or `/stations/night/stream.mp3`."""
    return f"{station_path(programme, station)}/{mount_path(mount)}"
