"""What pages are made of, as few bytes on the way: pressed once, and not sent again unchanged.

A page's modules are asked for one by one and by everyone who opens it, so they are kept in memory.
A file that was changed is read again, so that a new version shows at once.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import lru_cache

from aiohttp import ETag, hdrs, web

from web.pages import STATIC

NAME = re.compile(r"[a-z0-9][\w.-]*(/[a-z0-9][\w.-]*)*", re.ASCII | re.IGNORECASE)
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
PRESSED = set(TYPES.values())
MOST_KEPT = 256  # files


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    pressed: bytes | None  # with gzip, where that is worth it
    mime_type: str
    etag: str


async def asset(request: web.Request) -> web.Response:
    """GET /static/{file}"""
    return await asset_answer(request, request.match_info["file"])


async def asset_answer(request: web.Request, name: str) -> web.Response:
    """
    Raises:
        HTTPNotFound: no file of the pages has this name.
    """
    found = await asyncio.to_thread(find_asset, name)
    if found is None:
        raise web.HTTPNotFound(text="no such file")
    headers = {hdrs.CACHE_CONTROL: "no-cache", hdrs.VARY: hdrs.ACCEPT_ENCODING}
    if found.etag in {tag.value for tag in request.if_none_match or ()}:
        response = web.Response(status=304, headers=headers)
    elif found.pressed and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        headers |= {hdrs.CONTENT_ENCODING: "gzip", hdrs.CONTENT_TYPE: found.mime_type}
        response = web.Response(body=found.pressed, headers=headers)
    else:
        headers[hdrs.CONTENT_TYPE] = found.mime_type
        response = web.Response(body=found.body, headers=headers)
    response.etag = ETag(found.etag, is_weak=True)  # of the file, however it is sent
    return response


def find_asset(name: str) -> Asset | None:
    """The file of this name below `static/`, or None. Looks at the disk: not for the event loop."""
    path = STATIC / name
    if not NAME.fullmatch(name) or path.suffix == ".html":
        return None
    try:
        return _read(name, path.stat().st_mtime_ns)
    except OSError:  # not there, a folder, or a name that no file can have
        return None


@lru_cache(MOST_KEPT)
def _read(name: str, changed_ns: int) -> Asset:
    path = STATIC / name
    body = path.read_bytes()
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    mime_type = TYPES.get(path.suffix, guessed)
    pressed = gzip.compress(body, 9, mtime=0) if mime_type in PRESSED else None
    if mime_type.startswith("text/"):
        mime_type += "; charset=utf-8"
    return Asset(body, pressed, mime_type, hashlib.sha256(body).hexdigest()[:20])


ROUTES = [("/static/{file:.+}", asset)]
