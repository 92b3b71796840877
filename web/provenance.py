"""Where a piece comes from, signed; and the keys to check that with."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from aiohttp import hdrs, web

from generators.music import Piece
from station.errors import SigningKeyError
from station.lineage import Lineage
from station.programme import Programme
from station.provenance import statement, to_bytes
from station.signing import StationKeys, ensure_keys, load_keys
from storage import queries
from web.api import find_piece, read
from web.keys import PROGRAMME

LINEAGE = web.AppKey("lineage", Lineage)
JOSE, LINKED_DATA = "application/jose", "application/ld+json"
KEYS_CACHE = "public, max-age=3600"

logger = logging.getLogger(__name__)


async def signing(app: web.Application) -> AsyncIterator[None]:
    """A key, from the first start on. Without one the station plays all the same."""
    programme = app[PROGRAMME]
    app[LINEAGE] = Lineage(programme.settings.generator)
    try:
        await asyncio.to_thread(ensure_keys, programme.folder)
    except SigningKeyError as error:
        logger.error("provenance is not signed: %s", error)
    yield


async def provenance(request: web.Request) -> web.Response:
    """GET /api/v1/pieces/{piece_id}/provenance: the statement, its signature, or both."""
    piece = await find_piece(request)
    said = await read(partial(_said, request.app[PROGRAMME], request.app[LINEAGE], piece))
    payload = to_bytes(said)
    accepted = request.headers.get(hdrs.ACCEPT, "")
    headers = {hdrs.VARY: hdrs.ACCEPT}
    if LINKED_DATA in accepted:
        return web.Response(body=payload, content_type=LINKED_DATA, headers=headers)
    signed = (await _keys(request)).sign(payload)
    if JOSE in accepted:
        return web.Response(text=signed, content_type=JOSE, headers=headers)
    return web.json_response(
        {"statement": said, "jws": signed},
        headers=headers,
        dumps=partial(json.dumps, ensure_ascii=False),
    )


async def public_keys(request: web.Request) -> web.Response:
    """GET /.well-known/jwks.json: the public keys of the station, those before this one with it."""
    keys = await _keys(request)
    return web.json_response(
        keys.public(),
        content_type="application/jwk-set+json",
        headers={hdrs.CACHE_CONTROL: KEYS_CACHE, hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*"},
    )


async def _keys(request: web.Request) -> StationKeys:
    """Read each time: `latentfm key --rotate` is in force at once."""
    try:
        return await asyncio.to_thread(load_keys, request.app[PROGRAMME].folder)
    except SigningKeyError as error:
        logger.error("provenance is not signed: %s", error)
        raise web.HTTPServiceUnavailable(
            text="the station's key is not to be had; its log says why",
            headers={hdrs.RETRY_AFTER: "600"},
        ) from error


def _said(programme: Programme, lineage: Lineage, piece: Piece) -> dict[str, Any]:
    airing = queries.first_airing(programme.database, piece.id)
    first = programme.first
    station = programme.stations.get(airing.station, first) if airing else first
    return statement(
        piece,
        station=station.settings.title,
        licence=programme.settings.provenance.licence,
        font=programme.fonts.font(piece.instruments.soundfont),
        models=lineage.of(piece.weights_sha256),
        grooves=lineage.of(piece.groove_sha256),
        first_airing=airing,
    )


ROUTES = [
    (r"/api/v1/pieces/{piece_id:[0-9a-f]{20}}/provenance", provenance),
    ("/.well-known/jwks.json", public_keys),
]
