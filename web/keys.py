"""What handlers find in their application."""

from __future__ import annotations

from aiohttp import web

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
