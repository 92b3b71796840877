"""The archive over HTTP: pieces by what they are, and all that is known of one."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any
from urllib.parse import urlencode

from aiohttp import hdrs, web

from generators.music import Piece
from station.latent_map import latent_map
from station.programme import Programme
from storage import queries
from storage.facets import facets
from storage.ratings import Ratings, counts_of
from storage.records import Airing
from storage.search import FoundPiece, PiecePage, find_pieces
from web.api import find_piece, read, whole
from web.keys import PROGRAMME
from web.piece_filter import filter_of
from web.views import piece_view

MOST_PIECES = 100
MOST_AIRINGS = 20


async def pieces(request: web.Request) -> web.Response:
    """GET /api/v1/pieces: a page of those that a query wants, newest first."""
    wanted = filter_of(request)
    limit = whole(request, "limit", 20, 1, MOST_PIECES)
    programme = request.app[PROGRAMME]
    find = partial(find_pieces, cursor=request.query.get("cursor"), limit=limit)
    try:
        page: PiecePage = await read(partial(find, programme.database, wanted))
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"cursor: {error}") from error
    following = None
    headers = {}
    if page.cursor is not None:
        query = urlencode({**request.query, "cursor": page.cursor})
        following = f"{request.path}?{query}"
        headers[hdrs.LINK] = f'<{following}>; rel="next"'
    ids = [found.piece.id for found in page.pieces]
    counts = await read(partial(counts_of, programme.database, ids))
    views = [_found_view(programme, found, counts[found.piece.id]) for found in page.pieces]
    return web.json_response({"pieces": views, "next": following}, headers=headers)


async def names(request: web.Request) -> web.Response:
    """GET /api/v1/pieces/names: what there is to choose from."""
    found = await read(partial(facets, request.app[PROGRAMME].database))
    return web.json_response(asdict(found))


async def piece(request: web.Request) -> web.Response:
    """GET /api/v1/pieces/{piece_id}"""
    found, programme = await find_piece(request), request.app[PROGRAMME]
    read_airings = partial(queries.airings_of, programme.database, found.id, MOST_AIRINGS)
    airings: list[Airing] = await read(read_airings)
    counts = await read(partial(counts_of, programme.database, [found.id]))
    view = {
        **piece_view(programme, found, counts[found.id]),
        "path": _path_view(found),
        "airings": [_airing_view(airing) for airing in airings],
    }
    return web.json_response(view)


def _found_view(programme: Programme, found: FoundPiece, ratings: Ratings) -> dict[str, Any]:
    return {
        **piece_view(programme, found.piece, ratings),
        "aired": found.aired_at.isoformat() if found.aired_at else None,
        "density": round(found.density, 2),
        "score": found.score,
    }


def _path_view(piece: Piece) -> dict[str, Any] | None:
    found = latent_map(piece)
    return asdict(found) if found else None


def _airing_view(airing: Airing) -> dict[str, Any]:
    return {
        "station": airing.station,
        "utc": airing.aired_at.isoformat(),
        "broadcast": airing.broadcast_id,
        "position": airing.position,
        "replayed": airing.replayed,
    }


ROUTES = [
    ("/api/v1/pieces", pieces),
    ("/api/v1/pieces/names", names),
    (r"/api/v1/pieces/{piece_id:[0-9a-f]{20}}", piece),
]
