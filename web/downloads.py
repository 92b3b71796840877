"""A piece as a file, made on request. Few at a time: sound on air goes first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp import hdrs, web

from generators.music import Piece
from renderer.errors import RenderError
from renderer.export import export_audio, export_midi
from renderer.stems import export_stems
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

    async def run(self, make: Callable[[], bytes]) -> bytes:
        """
        Raises:
            HTTPServiceUnavailable: too many are waiting already.
        """
        if not self._places.acquire(blocking=False):
            raise web.HTTPServiceUnavailable(
                text="too many downloads at once; try again soon", headers={"Retry-After": "15"}
            )
        making = self._threads.submit(make)
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
    title = request.app[PROGRAMME].first.settings.title
    body = await _rendered(request, piece, partial(export_audio, format="mp3", station=title))
    return _file(body, "audio/mpeg", f"{piece.id}.mp3")


async def stems(request: web.Request) -> web.Response:
    piece = await find_piece(request)
    body = await _rendered(request, piece, export_stems)
    return _file(body, "application/zip", f"{piece.id}.stems.zip")


async def _rendered(request: web.Request, piece: Piece, make: Callable[..., bytes]) -> bytes:
    """What the pool makes of a piece, with the fonts that it asks for."""
    make_synth = request.app[PROGRAMME].fonts.of(piece).synth
    try:
        return await request.app[POOL].run(partial(make, piece, make_synth))
    except RenderError as error:
        raise web.HTTPServiceUnavailable(text=str(error)) from error


def _file(body: bytes, mime_type: str, name: str) -> web.Response:
    return web.Response(
        body=body,
        content_type=mime_type,
        headers={
            hdrs.CACHE_CONTROL: FOREVER,
            hdrs.CONTENT_DISPOSITION: f'inline; filename="latentfm-{name}"',
        },
    )
