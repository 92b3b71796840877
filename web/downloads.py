"""A piece as a file of any kind in `renderer.files`."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

from aiohttp import hdrs, web

from generators.music import Piece
from renderer.files import FILES
from renderer.fonts import Fonts
from renderer.making import encode_order, made_by
from web.api import find_piece
from web.export_cache import ExportCache
from web.exports import ExportRefusedError, Exports, Make, make_in_process
from web.keys import PROGRAMME
from web.limits import is_this_machine, network_of
from web.proxies import client_address

EXPORTS = web.AppKey("exports", Exports)
FOLDER = "exports"  # below the storage folder
FOREVER = "public, max-age=31536000, immutable"  # a piece's id is the hash of its content
# What may stand in an extended parameter as it is: RFC 8187, section 3.2.1.
_PLAIN = "!#$&+-.^_`|~"


async def download(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/pieces/{piece_id}.{kind}; HEAD makes nothing."""
    kind = request.match_info["kind"]
    piece = await find_piece(request)
    headers: dict[str, str] = {
        hdrs.CONTENT_TYPE: FILES[kind].mime_type,
        hdrs.CACHE_CONTROL: FOREVER,
        hdrs.CONTENT_DISPOSITION: disposition(f"{piece.title}.{kind}"),
    }
    programme = request.app[PROGRAMME]
    station, fonts = programme.first.settings.title, programme.fonts.of(piece)

    async def make() -> bytes:
        balancer = programme.balancer
        balance = balancer.of(piece) if balancer.has_measured(piece) else None
        return await make_in_process(encode_order(piece, kind, station, fonts, balance))

    return await file_answer(request, _key(piece, kind, station, fonts), headers, make)


async def file_answer(
    request: web.Request, key: str, headers: dict[str, str], make: Make
) -> web.StreamResponse:
    """The file of that key, kept or made; HEAD makes nothing.

    Raises:
        HTTPServiceUnavailable: it cannot be made now.
    """
    exports = request.app[EXPORTS]
    if request.method == hdrs.METH_HEAD:
        found: Path | bytes | None = await exports.find(key)
        if found is None:
            return web.StreamResponse(headers=headers)  # nobody knows its length yet
    else:
        try:
            found = await exports.get(key, make, _asker(request))
        except ExportRefusedError as refusal:
            raise web.HTTPServiceUnavailable(
                text=str(refusal), headers={hdrs.RETRY_AFTER: str(refusal.retry_seconds)}
            ) from refusal
    if isinstance(found, Path):
        return web.FileResponse(found, headers=headers)  # parts of it as well
    return web.Response(body=found, headers=headers)


def _asker(request: web.Request) -> str:
    """Whose places a file takes; this machine's own programs may have all of them."""
    address = client_address(request)
    return "" if is_this_machine(address) else network_of(address)


async def exporting(app: web.Application) -> AsyncIterator[None]:
    """The files, from the start of the application to its end."""
    programme = app[PROGRAMME]
    settings = programme.settings
    cache = ExportCache(settings.storage.folder / FOLDER, settings.exports.cache_mib * 2**20)
    exports = app[EXPORTS] = Exports(settings.exports, cache, programme.space.allows_exports)
    yield
    await exports.close()


def disposition(name: str) -> str:
    """`Content-Disposition` for a file of that name, whatever its letters: RFC 6266."""
    name = "".join(letter if letter.isprintable() else " " for letter in name)
    name = name.replace("/", "-").replace("\\", "-").strip(". ")
    plain = (
        unicodedata.normalize("NFKD", name.replace("→", "to")).encode("ascii", "ignore").decode()
    )
    plain = plain.replace('"', "'").replace("%", "-")
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_PLAIN)}"


def _key(piece: Piece, kind: str, station: str, fonts: Fonts) -> str:
    """All that the bytes of a file hang on, in letters that a file's name may have."""
    played_with = [
        (name, str(font.path), font.size_bytes)
        for name, font in (("", fonts.own), *sorted(fonts.named.items()))
    ]
    rest = hashlib.blake2b(repr((made_by(), station, played_with)).encode(), digest_size=6)
    return f"{piece.id}-{rest.hexdigest()}.{kind}"


KINDS = "|".join(kind.replace(".", r"\.") for kind in FILES)
ROUTES = [(rf"/api/v1/pieces/{{piece_id:[0-9a-f]{{20}}}}.{{kind:{KINDS}}}", download)]
