"""A piece as a file, made on request. Few at a time: sound on air goes first."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from aiohttp import hdrs, web

from generators.music import Piece
from renderer.errors import RenderError
from renderer.export import export_audio, export_midi
from web.api import find_piece
from web.keys import PROGRAMME

AT_ONCE = 1
MOST_WAITING = 4
FOREVER = "public, max-age=31536000, immutable"  # a piece's id is the hash of its content


class ExportPool:
    """Renders at most `AT_ONCE` pieces, with at most `MOST_WAITING` more in line."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._inside = 0

    async def mp3(self, piece: Piece, soundfont: Path, station: str) -> bytes:
        """
        Raises:
            HTTPServiceUnavailable: too many are waiting already.
        """
        if self._inside >= AT_ONCE + MOST_WAITING:
            raise web.HTTPServiceUnavailable(
                text="too many downloads at once; try again soon", headers={"Retry-After": "15"}
            )
        self._inside += 1
        try:
            async with self._places:
                make = partial(export_audio, piece, soundfont, "mp3", station=station)
                return await asyncio.to_thread(make)
        finally:
            self._inside -= 1


POOL = web.AppKey("exports", ExportPool)


async def midi(request: web.Request) -> web.Response:
    piece = await find_piece(request)
    return _file(await asyncio.to_thread(export_midi, piece), "audio/midi", f"{piece.id}.mid")


async def mp3(request: web.Request) -> web.Response:
    piece = await find_piece(request)
    programme = request.app[PROGRAMME]
    title = programme.first.settings.title
    try:
        body = await request.app[POOL].mp3(piece, programme.soundfont.path, title)
    except RenderError as error:
        raise web.HTTPServiceUnavailable(text=str(error)) from error
    return _file(body, "audio/mpeg", f"{piece.id}.mp3")


def _file(body: bytes, mime_type: str, name: str) -> web.Response:
    return web.Response(
        body=body,
        content_type=mime_type,
        headers={
            hdrs.CACHE_CONTROL: FOREVER,
            hdrs.CONTENT_DISPOSITION: f'inline; filename="latentfm-{name}"',
        },
    )
