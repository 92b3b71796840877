"""The files that a piece can be had as, beyond those of test_api."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import aiohttp
import av

from tests.web.conftest import get, until

NO_PIECE = "0" * 20


async def test_the_stems_of_a_piece_come_in_a_zip_file(http: aiohttp.ClientSession) -> None:
    async def newest() -> Any:
        airings = (await get(http, "/api/v1/history?limit=1"))["airings"]
        return airings and airings[0]["piece"]

    piece = await until(newest)
    async with http.get(f"/api/v1/pieces/{piece['id']}.stems.zip") as answer:
        assert (answer.status, answer.content_type) == (200, "application/zip")
        assert "immutable" in answer.headers["Cache-Control"]
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert archive.namelist() == ["melody.flac", "bass.flac", "drums.flac"]
    with av.open(io.BytesIO(archive.read("melody.flac")), "r") as file:
        frames = sum(frame.samples for frame in file.decode(audio=0))
    assert frames / 48_000 > piece["seconds"]  # its last notes ring


async def test_a_piece_that_is_not_there_has_no_stems(http: aiohttp.ClientSession) -> None:
    async with http.get(f"/api/v1/pieces/{NO_PIECE}.stems.zip") as answer:
        assert (answer.status, (await answer.json())["status"]) == (404, 404)
