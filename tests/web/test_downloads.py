"""Pieces as files, as a browser and other programs get them from a station on air."""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import Any
from xml.etree import ElementTree

import aiohttp
import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.conftest import OnAir, get, until
from web.downloads import disposition

NO_PIECE = "0" * 20


async def newest(http: aiohttp.ClientSession) -> Any:
    """What was aired last."""

    async def ask() -> Any:
        airings = (await get(http, "/api/v1/history?limit=1"))["airings"]
        return airings and airings[0]["piece"]

    return await until(ask)


@pytest.fixture
async def piece(http: aiohttp.ClientSession) -> Any:
    return await newest(http)


async def test_the_stems_of_a_piece_come_in_a_zip_file(
    http: aiohttp.ClientSession, piece: Any
) -> None:
    async with http.get(piece["links"]["stems"]) as answer:
        assert (answer.status, answer.content_type) == (200, "application/zip")
        assert "immutable" in answer.headers["Cache-Control"]
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert archive.namelist() == ["melody.flac", "bass.flac", "drums.flac"]
    with av.open(io.BytesIO(archive.read("melody.flac")), "r") as file:
        frames = sum(frame.samples for frame in file.decode(audio=0))
    assert frames / 48_000 > piece["seconds"]  # its last notes ring


async def test_a_sheet_has_the_notes_of_its_piece(http: aiohttp.ClientSession, piece: Any) -> None:
    async with http.get(piece["links"]["musicxml"]) as answer:
        assert answer.content_type == "application/vnd.recordare.musicxml+xml"
        root = ElementTree.fromstring(await answer.read())
    assert root.findtext("work/work-title") == piece["title"]
    assert root.findtext("identification/creator") == "Prüfstand ☕"
    bars = root.findall("part[@id='melody']/measure")
    assert len(bars) == piece["steps"] // 16


async def test_part_of_a_file_is_had_so_that_a_browser_can_seek(
    http: aiohttp.ClientSession, piece: Any
) -> None:
    url = piece["links"]["midi"]
    async with http.get(url) as answer:
        whole, tag = await answer.read(), answer.headers["ETag"]
    headers = {"Range": "bytes=100-199", "If-Range": tag}
    async with http.get(url, headers=headers) as answer:
        assert (answer.status, answer.content_type) == (206, "audio/midi")
        assert answer.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
        assert await answer.read() == whole[100:200]


async def test_a_file_is_called_by_its_title(http: aiohttp.ClientSession, piece: Any) -> None:
    async with http.head(piece["links"]["midi"]) as answer:
        assert answer.content_disposition is not None
        assert answer.content_disposition.filename == f"{piece['title']}.mid"


async def test_asking_for_the_head_of_a_file_makes_none(narrow: OnAir) -> None:
    async with aiohttp.ClientSession(narrow.url) as http:
        path = (await newest(http))["links"]["flac"]
        async with asyncio.timeout(2), http.head(path) as answer:
            assert (answer.status, answer.content_type) == (200, "audio/flac")
            assert "Content-Length" not in answer.headers  # nobody knows it


async def test_downloads_are_refused_when_too_many_wait(narrow: OnAir) -> None:
    """Seven files at once for five places: two are told at once to come again."""
    async with aiohttp.ClientSession(narrow.url) as http:
        links = (await newest(http))["links"]

        async def download(name: str) -> tuple[int, str | None]:
            async with http.get(links[name]) as answer:
                return answer.status, answer.headers.get("Retry-After")

        names = ("midi", "musicxml", "mp3", "ogg", "flac", "wav", "stems")
        asked = [asyncio.create_task(download(name)) for name in names]
        answers = asyncio.as_completed(asked)
        refused = [await next(answers), await next(answers)]
        for task in asked:  # those in line are not waited for
            task.cancel()
    assert refused == [(503, "15")] * 2


async def test_a_piece_that_is_not_there_has_no_stems(http: aiohttp.ClientSession) -> None:
    async with http.get(f"/api/v1/pieces/{NO_PIECE}.stems.zip") as answer:
        assert (answer.status, (await answer.json())["status"]) == (404, 404)


def test_a_name_is_told_to_old_browsers_and_to_new_ones() -> None:
    assert disposition('Café "Nord" → 夜/Drive.mp3') == (
        "inline; filename=\"Cafe 'Nord' to -Drive.mp3\"; "
        "filename*=UTF-8''Caf%C3%A9%20%22Nord%22%20%E2%86%92%20%E5%A4%9C-Drive.mp3"
    )


@settings(max_examples=50)
@given(st.text(max_size=30))
def test_no_title_breaks_a_header_or_leaves_its_folder(title: str) -> None:
    value = disposition(f"{title}.mid")
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2
    assert "/" not in value
    assert "\\" not in value
