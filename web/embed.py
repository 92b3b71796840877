"""The player on somebody else's page: in a frame, or as an element that a script brings."""

from __future__ import annotations

from aiohttp import web

from web.api import PIECE_ID, piece_called
from web.assets import asset_answer
from web.cors import RESOURCE_POLICY
from web.heads import piece_head, station_head
from web.keys import PROGRAMME, station_of
from web.marks import broadcast_data, marked_page, piece_data
from web.pages import html_answer, page_about, page_headers, read_page

LOADER = "loader.js"
# A page that is isolated may frame only who is isolated, too, and says that it may.
ISOLATED = {"Cross-Origin-Embedder-Policy": "require-corp", RESOURCE_POLICY: "cross-origin"}


async def embed(request: web.Request) -> web.Response:
    """GET /embed: the radio, or with `?piece=` one piece. All else is read by `embed.js`."""
    programme, station = request.app[PROGRAMME], station_of(request)
    headers = page_headers(station.settings.frame_ancestors) | ISOLATED
    html = read_page("embed.html")
    if (piece_id := request.query.get("piece")) is None:
        html = marked_page(html, programme, broadcast_data(programme))
        return html_answer(page_about(html, station_head(request, station)), headers)
    if not PIECE_ID.fullmatch(piece_id):
        raise web.HTTPNotFound(text="a piece's id is 20 digits, 0 to 9 and a to f")
    piece = await piece_called(request, piece_id)
    html = marked_page(html, programme, piece_data(programme, piece))
    return html_answer(page_about(html, piece_head(request, piece)), headers)


async def loader(request: web.Request) -> web.StreamResponse:
    """GET /player.js"""
    return await asset_answer(request, LOADER)


ROUTES = [("/embed", embed), ("/player.js", loader)]
