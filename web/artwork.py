"""Pictures over HTTP: of a piece and of a station, as SVG, as PNG, and as a card for shared links.

An SVG is drawn in a thread, in milliseconds. A PNG takes a third of a second of a core, and goes
the way of the downloads: in a process of its own, so many at a time, and kept.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from aiohttp import ETag, hdrs, web

from generators.music import Piece
from renderer import rasterising
from renderer.artwork import (
    CARD_PX,
    COVER_PX,
    DRAWN_BY,
    cover_svg,
    piece_card_svg,
    station_card_svg,
    station_svg,
)
from renderer.making import made_by
from station.station import Station
from web.api import find_piece
from web.downloads import FOREVER, file_answer
from web.exports import make_in_process
from web.heads import tempo
from web.keys import PROGRAMME, station_of

MOST_KEPT_BYTES = 2**21  # of SVGs, for who looks at the newest pieces
AN_HOUR = "public, max-age=3600"  # a station may be called something else then
# It is a picture and no page: opened by itself it loads and runs nothing.
POLICY = "default-src 'none'; sandbox"
HEADERS = {"Content-Security-Policy": POLICY, hdrs.VARY: hdrs.ACCEPT_ENCODING}


class Drawings:
    """SVGs that were asked for last, by key."""

    def __init__(self, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._bytes = 0
        self._most_bytes = most_bytes

    def find(self, key: str) -> str | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def keep(self, key: str, svg: str) -> None:
        self._bytes += len(svg) - len(self._kept.pop(key, ""))
        self._kept[key] = svg
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._kept.popitem(last=False)[1])


DRAWINGS = web.AppKey("drawings", Drawings)


@dataclass(frozen=True, slots=True)
class Raster:
    """A kind of PNG."""

    width: int
    height: int
    of_piece: Callable[[Piece, str], str]  # the SVG, given the title of the station
    of_station: Callable[[Station], str]


def _piece_card(piece: Piece, station: str) -> str:
    return piece_card_svg(piece, station, f"{piece.key} · {tempo(piece)}")


def _station_card(station: Station) -> str:
    return station_card_svg(station.name, station.settings.title, station.settings.description)


RASTERS = {
    "cover": Raster(
        COVER_PX, COVER_PX, lambda piece, _: cover_svg(piece), lambda each: station_svg(each.name)
    ),
    "card": Raster(*CARD_PX, _piece_card, _station_card),
}


async def piece_cover(request: web.Request) -> web.Response:
    """GET /api/v1/pieces/{piece_id}/cover.svg"""
    piece_id, drawings = request.match_info["piece_id"], request.app[DRAWINGS]
    tag = f"{piece_id}-{DRAWN_BY}"
    svg = drawings.find(tag)
    if svg is None:  # even for who has it: only a piece that is there has a picture
        svg = await asyncio.to_thread(cover_svg, await _piece(request))
        drawings.keep(tag, svg)
    return _svg_answer(request, svg, tag, FOREVER)


async def station_cover(request: web.Request) -> web.Response:
    """GET /api/v1/stations/{station}/cover.svg"""
    name = station_of(request).name
    tag = hashlib.blake2b(f"{name} {DRAWN_BY}".encode(), digest_size=10).hexdigest()
    return _svg_answer(request, station_svg(name), tag, AN_HOUR)


async def piece_raster(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/pieces/{piece_id}/{picture}.png"""
    piece, picture = await _piece(request), request.match_info["picture"]
    title = request.app[PROGRAMME].first.settings.title
    draw = partial(RASTERS[picture].of_piece, piece, title)
    caching = FOREVER if picture == "cover" else AN_HOUR  # the station may get another title
    return await _raster_answer(request, draw, f"{piece.id}-{_hash(title)}", caching)


async def station_raster(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/stations/{station}/{picture}.png"""
    station, picture = station_of(request), request.match_info["picture"]
    said = (station.name, station.settings.title, station.settings.description)
    draw = partial(RASTERS[picture].of_station, station)
    return await _raster_answer(request, draw, f"station-{_hash(*said)}", AN_HOUR)


async def _piece(request: web.Request) -> Piece:
    """What is on air and what comes next are at hand: players ask before the log has them."""
    wanted = request.match_info["piece_id"]
    for station in request.app[PROGRAMME].stations.values():
        for piece in (*(start.piece for start in station.timeline.since(0)), *station.shelf.pieces):
            if piece.id == wanted:
                return piece
    return await find_piece(request)


def _svg_answer(request: web.Request, svg: str, tag: str, caching: str) -> web.Response:
    headers = {**HEADERS, hdrs.CACHE_CONTROL: caching}
    if tag in {each.value for each in request.if_none_match or ()}:
        response = web.Response(status=304, headers=headers)
    else:
        response = web.Response(text=svg, content_type="image/svg+xml", headers=headers)
        response.enable_compression()
    response.etag = ETag(tag, is_weak=True)  # of the picture, however it is sent
    return response


async def _raster_answer(
    request: web.Request, draw: Callable[[], str], key: str, caching: str
) -> web.StreamResponse:
    picture = request.match_info["picture"]
    raster = RASTERS[picture]
    headers: dict[str, str] = {hdrs.CONTENT_TYPE: "image/png", hdrs.CACHE_CONTROL: caching}

    async def make() -> bytes:
        svg = await asyncio.to_thread(draw)
        order = rasterising.encode_order(svg, raster.width, raster.height)
        return await make_in_process(order, command=rasterising.COMMAND)

    return await file_answer(request, f"{key}.{picture}.png", headers, make)


def _hash(*said: str) -> str:
    """All that a PNG hangs on but the piece, in letters that a file's name may have."""
    return hashlib.blake2b(repr((made_by(), said)).encode(), digest_size=6).hexdigest()


_PIECE = r"/api/v1/pieces/{piece_id:[0-9a-f]{20}}"
_STATION = "/api/v1/stations/{station}"
_PNG = f"/{{picture:{'|'.join(RASTERS)}}}.png"
ROUTES = [
    (f"{_PIECE}/cover.svg", piece_cover),
    (f"{_PIECE}{_PNG}", piece_raster),
    (f"{_STATION}/cover.svg", station_cover),
    (f"{_STATION}{_PNG}", station_raster),
]
