"""More like this: the pieces that lie nearest to one in latent space."""

from __future__ import annotations

from functools import partial

from aiohttp import web

from storage import queries
from storage.ratings import counts_of
from web.api import find_piece, read, whole
from web.keys import PROGRAMME
from web.views import piece_view

MOST_SIMILAR = 50
USUALLY = 12


async def similar(request: web.Request) -> web.Response:
    """GET /api/v1/pieces/{piece_id}/similar: ?limit= 1..50, nearest first."""
    limit = whole(request, "limit", USUALLY, 1, MOST_SIMILAR)
    piece, programme = await find_piece(request), request.app[PROGRAMME]
    found: list[tuple[str, float]] = await read(partial(programme.nearest.like, piece.id, limit))
    ids = [piece_id for piece_id, _ in found]
    pieces = await read(partial(queries.summaries_of, programme.database, ids))
    counts = await read(partial(counts_of, programme.database, ids))
    views = [
        {
            "distance": round(distance, 4),
            "piece": piece_view(programme, pieces[each], counts[each]),
        }
        for each, distance in found
        if each in pieces
    ]
    return web.json_response({"similar": views, "indexed": len(programme.nearest)})


ROUTES = [(r"/api/v1/pieces/{piece_id:[0-9a-f]{20}}/similar", similar)]
