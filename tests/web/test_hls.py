"""HLS over HTTP: what players and CDNs are told, and what is heard."""

from __future__ import annotations

import asyncio
import subprocess

import aiohttp
import pytest

from tests.station.m3u8 import Playlist, read
from tests.web.conftest import OnAir, get, metric, until

LIVE = "/hls/live.m3u8"


async def live(http: aiohttp.ClientSession, path: str = LIVE) -> Playlist:
    """Once there is one: the first segment lasts some seconds."""

    async def ask() -> str:
        async with http.get(path) as answer:
            return await answer.text() if answer.status == 200 else ""

    return read(await until(ask))


async def test_ffmpeg_plays_it(station: OnAir, http: aiohttp.ClientSession) -> None:
    await live(http)
    command = ["ffmpeg", "-v", "error", "-i", station.url + LIVE, "-t", "5", "-f", "null", "-"]
    played = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert (played.returncode, played.stderr) == (0, "")


async def test_every_station_has_its_own(http: aiohttp.ClientSession) -> None:
    first, night = await live(http), await live(http, "/stations/night/hls/live.m3u8")
    name = night.entries[-1].name
    assert name not in {entry.name for entry in first.entries}
    async with http.get(f"/stations/night/hls/{name}") as answer:
        assert answer.status == 200


async def test_the_dates_are_those_of_the_api(http: aiohttp.ClientSession) -> None:
    playlist = await live(http)
    position = playlist.ranges[-1]["X-POSITION"]
    history = (await get(http, "/api/v1/history"))["airings"]
    (airing,) = [each for each in history if str(each["position"]) == position][:1]
    assert airing["piece"]["id"] == playlist.ranges[-1]["X-PIECE"]


async def test_a_playlist_is_soon_stale(http: aiohttp.ClientSession) -> None:
    await live(http)
    async with http.get(LIVE) as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=1"
        assert answer.content_type == "application/vnd.apple.mpegurl"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("part", ["name", "init"])
async def test_segments_are_kept_for_ever(http: aiohttp.ClientSession, part: str) -> None:
    entry = (await live(http)).entries[-1]
    async with http.get(f"/hls/{getattr(entry, part)}") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.content_type == "audio/mp4"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_head_is_answered_with_the_length(http: aiohttp.ClientSession) -> None:
    entry = (await live(http)).entries[-1]
    async with http.get(f"/hls/{entry.name}") as answer, http.head(f"/hls/{entry.name}") as head:
        assert head.headers["Content-Length"] == str(len(await answer.read()))


async def test_a_segment_that_is_gone_is_said_in_words(http: aiohttp.ClientSession) -> None:
    async with http.get("/hls/cafe0000-1.m4s") as answer:
        assert answer.status == 404
        assert LIVE in await answer.text()


async def test_who_asks_for_playlists_listens(http: aiohttp.ClientSession) -> None:
    await live(http)
    assert await metric(http, "latentfm_listeners", station="main", mount="hls") >= 1
