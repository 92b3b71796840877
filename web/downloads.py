"""A piece as a file, made on request. Few at a time: sound on air goes first."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
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
    """Renders at most `AT_ONCE` pieces, with at most `MOST_WAITING` more in line.

    A thread cannot be stopped: who goes away leaves a place only when its rendering has ended.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="export")
        self._places = threading.Semaphore(AT_ONCE + MOST_WAITING)

    async def mp3(self, piece: Piece, soundfont: Path, station: str) -> bytes:
        """
        Raises:
            HTTPServiceUnavailable: too many are waiting already.
        """
        if not self._places.acquire(blocking=False):
            raise web.HTTPServiceUnavailable(
                text="too many downloads at once; try again soon", headers={"Retry-After": "15"}
            )
        making = self._threads.submit(export_audio, piece, soundfont, "mp3", station=station)
        making.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(making)

    async def close(self, app: web.Application) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


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
