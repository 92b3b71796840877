"""Files that a player opens to find the streams."""

from __future__ import annotations

import asyncio
import re
import subprocess
from configparser import ConfigParser
from xml.etree import ElementTree

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.conftest import OnAir
from web.playlists import XSPF, Entry, m3u, pls, xspf

TYPES = {"m3u": "audio/x-mpegurl", "pls": "audio/x-scpls", "xspf": "application/xspf+xml"}


def read(text: str, kind: str) -> list[Entry]:
    """What a player makes of it."""
    if kind == "m3u":
        found = re.findall(r"^#EXTINF:-1,(.*)\n(.+)$", text, re.MULTILINE)
        return [Entry(*each) for each in found]
    if kind == "pls":
        parser = ConfigParser(interpolation=None)
        parser.read_string(text)
        list_ = parser["playlist"]
        numbers = range(1, int(list_["NumberOfEntries"]) + 1)
        return [Entry(list_[f"Title{n}"], list_[f"File{n}"]) for n in numbers]
    names = {"x": XSPF}
    tracks = ElementTree.fromstring(text).iterfind("x:trackList/x:track", names)
    found = [
        [track.findtext(f"x:{tag}", "", names) for tag in ("title", "location")] for track in tracks
    ]
    return [Entry(*each) for each in found]


async def entries(http: aiohttp.ClientSession, kind: str, query: str = "") -> list[Entry]:
    async with http.get(f"/listen.{kind}{query}") as answer:
        assert (answer.status, answer.content_type) == (200, TYPES[kind])
        return read(await answer.text(), kind)


@pytest.mark.parametrize("kind", TYPES)
async def test_a_playlist_has_every_stream(
    station: OnAir, http: aiohttp.ClientSession, kind: str
) -> None:
    found = await entries(http, kind)
    assert found[0] == Entry("Prüfstand ☕ (mp3, 128 kbit/s)", f"{station.url}/stream.mp3")
    for entry in found:
        async with http.head(entry.url) as answer:
            assert (answer.status, answer.content_type.split("/")[0]) == (200, "audio")
    assert len(found) >= 2


@pytest.mark.parametrize("kind", ["m3u", "pls"])
async def test_ffmpeg_plays_the_first_of_a_playlist(http: aiohttp.ClientSession, kind: str) -> None:
    first, *_ = await entries(http, kind)
    command = ("ffmpeg", "-v", "error", "-t", "1", "-i", first.url, "-f", "null", "-")
    player = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
    assert (await player.communicate())[1] == b""


async def test_the_mount_that_was_asked_for_stands_first(
    station: OnAir, http: aiohttp.ClientSession
) -> None:
    first, second, *_ = await entries(http, "m3u", "?mount=opus")
    assert [first.url, second.url] == [f"{station.url}/stream.opus", f"{station.url}/stream.mp3"]


@pytest.mark.parametrize("kind", TYPES)
async def test_a_second_station_has_playlists_of_its_own(
    station: OnAir, http: aiohttp.ClientSession, kind: str
) -> None:
    first, *_ = await entries(http, kind, "?station=night")
    assert first.url == f"{station.url}/stations/night/stream.mp3"


@pytest.mark.parametrize(
    ("query", "known"), [("?mount=wma", "mp3, opus"), ("?station=x", "main, night")]
)
async def test_an_unknown_name_is_answered_with_the_known_ones(
    http: aiohttp.ClientSession, query: str, known: str
) -> None:
    async with http.get(f"/listen.pls{query}") as answer:
        assert answer.status == 404
        assert known in await answer.text()


@pytest.mark.parametrize("kind", TYPES)
async def test_behind_a_tls_proxy_addresses_are_https(
    http: aiohttp.ClientSession, kind: str
) -> None:
    proxied = {"Host": "radio.example", "X-Forwarded-Proto": "https"}
    async with http.get(f"/listen.{kind}", headers=proxied) as answer:
        first, *_ = read(await answer.text(), kind)
    assert first.url == "https://radio.example/stream.mp3"


# As settings let them through: one line of what can be printed.
titles = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])).map(str.split).map(" ".join)


@pytest.mark.parametrize(("kind", "write"), [("m3u", m3u), ("pls", pls), ("xspf", xspf)])
@given(title=titles.filter(bool))
def test_any_title_comes_through(kind: str, write: object, title: str) -> None:
    entry = Entry(title, "http://radio.example/stream.mp3")
    assert callable(write)
    assert read(write(title, [entry, entry]), kind) == [entry, entry]
