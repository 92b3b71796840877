"""The page of one piece, at an address for ever.

What others read of a page without running its scripts is written here and by `web.heads`; the
rest is drawn by `static/piece.js`.
"""

from __future__ import annotations

import functools
from html import escape
from string import Template

from aiohttp import hdrs, web

from generators.music import STEPS_PER_BAR, Piece
from renderer.files import FILES
from web.api import PIECE_ID, find_piece
from web.heads import length, piece_head, tempo, with_head
from web.keys import PROGRAMME
from web.marks import marked_page, piece_data
from web.pages import STATIC, page_headers

ORIGINS = {"sampled": "sampled from the model", "bridge": "a bridge", "pattern": "made by rule"}
HEADERS = page_headers()


async def piece_page(request: web.Request) -> web.Response:
    """GET /pieces/{piece_id}"""
    piece_id = request.match_info["piece_id"]
    if not PIECE_ID.fullmatch(piece_id):
        return _gone(request, "A piece's address ends in 20 digits, 0 to 9 and a to f.")
    try:
        piece = await find_piece(request)
    except web.HTTPNotFound:
        return _gone(request, f"No piece on this station has the id {piece_id}.")
    except web.HTTPServiceUnavailable as error:  # the database is away, or this row is damaged
        words = f"The station cannot read it now, and says: {error.text}"
        answer = _without(request, "This piece cannot be shown", words, error.status)
        answer.headers[hdrs.RETRY_AFTER] = error.headers[hdrs.RETRY_AFTER]
        return answer
    head = piece_head(request, piece)
    fields = {
        "id": piece.id,
        "title": piece.title,
        "station": head.station,
        "show": piece.show,
        "seed": str(piece.seed),
        "sound": head.sound,
    }
    markup = {"facts": _facts(piece), "files": _files(piece)}
    page = _template("piece.html").substitute(_escaped(fields), **markup)
    programme = request.app[PROGRAMME]
    marked = marked_page(page.encode(), programme, piece_data(programme, piece))
    body = with_head(marked, head)
    return web.Response(body=body, content_type="text/html", charset="utf-8", headers=HEADERS)


def _gone(request: web.Request, words: str) -> web.Response:
    return _without(request, "No such piece", words, 404)


def _without(request: web.Request, heading: str, words: str, status: int) -> web.Response:
    """The page in place of a piece's."""
    station = request.app[PROGRAMME].first.settings.title
    fields = {"station": station, "heading": heading, "words": words}
    page = _template("gone.html").substitute(_escaped(fields))
    return web.Response(text=page, status=status, content_type="text/html", headers=HEADERS)


def _facts(piece: Piece) -> str:
    bars = piece.trio.steps // STEPS_PER_BAR
    facts = (piece.key, tempo(piece), f"{bars} bars", length(piece.seconds), ORIGINS[piece.origin])
    return " ".join(f"<span>{escape(fact)}</span>" for fact in facts)


def _files(piece: Piece) -> str:
    return "".join(
        f'<li><a href="api/v1/pieces/{piece.id}.{kind}" download>{escape(each.name)}</a></li>'
        for kind, each in FILES.items()
    )


def _escaped(fields: dict[str, str]) -> dict[str, str]:
    return {name: escape(value) for name, value in fields.items()}


@functools.cache
def _template(name: str) -> Template:
    return Template((STATIC / name).read_text())


ROUTES = [("/pieces/{piece_id}", piece_page)]
