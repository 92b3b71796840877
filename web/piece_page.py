"""The page of one piece, at an address for ever.

What others read of a page without running its scripts (titles, descriptions, what a link looks
like where it is shared) is written here; the rest is drawn by `static/piece.js`.
"""

from __future__ import annotations

import functools
import re
from html import escape
from string import Template

from aiohttp import hdrs, web

from generators.music import STEPS_PER_BAR, Piece
from renderer.files import FILES
from renderer.instruments import instrument_names
from web.api import find_piece
from web.keys import PROGRAMME
from web.marks import marked_page, piece_data
from web.pages import POLICY, STATIC
from web.proxies import base_url

ID = re.compile(r"[0-9a-f]{20}")
ORIGINS = {"sampled": "sampled from the model", "bridge": "a bridge", "pattern": "made by rule"}
HEADERS = {
    "Content-Security-Policy": POLICY.format(ancestors="'none'"),
    hdrs.CACHE_CONTROL: "no-cache",
}


async def piece_page(request: web.Request) -> web.Response:
    """GET /pieces/{piece_id}"""
    piece_id = request.match_info["piece_id"]
    if not ID.fullmatch(piece_id):
        return _gone(request, "A piece's address ends in 20 digits, 0 to 9 and a to f.")
    try:
        piece = await find_piece(request)
    except web.HTTPNotFound:
        return _gone(request, f"No piece on this station has the id {piece_id}.")
    base, station = base_url(request), request.app[PROGRAMME].first.settings.title
    fields = {
        "id": piece.id,
        "title": piece.title,
        "station": station,
        "description": _described(piece, station),
        "show": piece.show,
        "seed": str(piece.seed),
        "seconds": str(round(piece.seconds)),
        "url": f"{base}/pieces/{piece.id}",
        "sound": f"{base}/api/v1/pieces/{piece.id}.mp3",
    }
    markup = {"facts": _facts(piece), "files": _files(piece)}
    page = _template("piece.html").substitute(_escaped(fields), **markup)
    programme = request.app[PROGRAMME]
    marked = marked_page(page.encode(), programme, piece_data(programme, piece))
    return web.Response(body=marked, content_type="text/html", charset="utf-8", headers=HEADERS)


def _gone(request: web.Request, words: str) -> web.Response:
    fields = {"station": request.app[PROGRAMME].first.settings.title, "words": words}
    page = _template("gone.html").substitute(_escaped(fields))
    return web.Response(text=page, status=404, content_type="text/html", headers=HEADERS)


def _described(piece: Piece, station: str) -> str:
    """One sentence, for search engines and for where the link is shared."""
    names = instrument_names(piece.instruments)
    return (
        f"{length(piece.seconds)} of machine-made music from {station}: {names['melody']}, "
        f"{names['bass']} and drums in {piece.key} at {_tempo(piece)}."
    )


def _facts(piece: Piece) -> str:
    bars = piece.trio.steps // STEPS_PER_BAR
    facts = (piece.key, _tempo(piece), f"{bars} bars", length(piece.seconds), ORIGINS[piece.origin])
    return " ".join(f"<span>{escape(fact)}</span>" for fact in facts)


def _tempo(piece: Piece) -> str:
    first, last = round(piece.tempo_qpm), round(piece.tempo_end_qpm)
    return f"{first} bpm" if first == last else f"{first} to {last} bpm"


def _files(piece: Piece) -> str:
    return "".join(
        f'<li><a href="api/v1/pieces/{piece.id}.{kind}" download>{escape(each.name)}</a></li>'
        for kind, each in FILES.items()
    )


def length(seconds: float) -> str:
    """`1:48`"""
    return "{}:{:02}".format(*divmod(round(seconds), 60))


def _escaped(fields: dict[str, str]) -> dict[str, str]:
    return {name: escape(value) for name, value in fields.items()}


@functools.cache
def _template(name: str) -> Template:
    return Template((STATIC / name).read_text())


ROUTES = [("/pieces/{piece_id}", piece_page)]
