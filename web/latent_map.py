"""The map of latent space: its axes, and where the pieces of the last hours lie on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from station.latent_plane import LatentPlane, Point, plane_of
from station.programme import Programme
from storage import queries
from web.api import read
from web.keys import PROGRAMME, station_of

AIRINGS = 400  # looked back on: half of them are bridges
APART = 0.03  # on the plane; of pieces nearer to each other only the newest is shown
RETRY_SECONDS = 5.0
BELIEVED_SECONDS = 60.0  # every page asks, and a piece lasts longer than that


class Places:
    """Where the last pieces of a station lie: looked up once a minute, however many ask."""

    def __init__(self, station: str) -> None:
        self._station = station
        self._looking = asyncio.Lock()
        self._plane: LatentPlane | None = None
        self._until = 0.0
        self._found: list[dict[str, Any]] = []
        self._known: dict[str, Point | None] = {}  # by piece: its notes are long to read

    async def on(self, plane: LatentPlane, programme: Programme) -> list[dict[str, Any]]:
        """The newest first.

        Raises:
            HTTPServiceUnavailable: the database is away.
        """
        async with self._looking:
            if plane != self._plane:  # other weights
                self._plane, self._until, self._known, self._found = plane, 0.0, {}, []
            if time.monotonic() > self._until:
                # While the database is away, not everybody who waits is to wait for it once more.
                self._until = time.monotonic() + RETRY_SECONDS
                self._found = await read(lambda: self._look(plane, programme))
                self._until = time.monotonic() + BELIEVED_SECONDS
            return self._found

    def _look(self, plane: LatentPlane, programme: Programme) -> list[dict[str, Any]]:
        logged = queries.history(programme.database, self._station, limit=AIRINGS)
        titles = {
            each.piece.id: each.piece.title for each in logged if each.piece.origin == "sampled"
        }
        unknown = [piece_id for piece_id in titles if piece_id not in self._known]
        for piece_id, piece in queries.pieces_of(programme.database, unknown).items():
            walk = plane.walk(piece)
            self._known[piece_id] = walk.middle if walk else None
        self._known = {each: at for each, at in self._known.items() if each in titles}
        places = ((each, self._known.get(each)) for each in titles)
        return [
            {"id": piece_id, "title": titles[piece_id], "at": at}
            for piece_id, at in thinned((each, at) for each, at in places if at is not None)
        ]


def thinned(places: Iterable[tuple[str, Point]]) -> list[tuple[str, Point]]:
    """The places without those that lie on one before them."""
    kept: list[tuple[str, Point]] = []
    for name, (x, y) in places:
        if all(max(abs(x - a), abs(y - b)) > APART for _, (a, b) in kept):
            kept.append((name, (x, y)))
    return kept


PLACES = web.AppKey("places", dict[str, Places])


async def latent_map(request: web.Request) -> web.Response:
    """GET /api/v1/map: the axes, and the places of the last pieces."""
    programme, station = request.app[PROGRAMME], station_of(request)
    plane = plane_of(programme.generator.model)
    if plane is None:  # without a model, nothing that is played has a place
        return web.json_response({"weights_sha256": None, "axes": None, "pieces": []})
    places = request.app[PLACES].setdefault(station.name, Places(station.name))
    return web.json_response(
        {
            "weights_sha256": plane.weights_sha256,
            "axes": [asdict(axis) for axis in plane.axes],
            "pieces": await places.on(plane, programme),
        }
    )


ROUTES = [("/api/v1/map", latent_map)]
