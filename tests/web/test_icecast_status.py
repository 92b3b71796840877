"""status-json.xsl, as those who know Icecast read it."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp

from tests.web.conftest import OnAir, get
from tests.web.listening import listen

# What Icecast 2.4.4 gave for a source that sends ice-audio-info.
GLOBAL = {
    "admin",
    "host",
    "location",
    "server_id",
    "server_start",
    "server_start_iso8601",
    "source",
}
SOURCE = {
    *("audio_info", "bitrate", "dummy", "genre", "ice-bitrate", "ice-channels", "ice-samplerate"),
    *("listener_peak", "listeners", "listenurl", "server_description", "server_name"),
    *("server_type", "server_url", "stream_start", "stream_start_iso8601", "title"),
}


async def test_it_has_the_shape_of_icecasts(http: aiohttp.ClientSession) -> None:
    stats = (await get(http, "/status-json.xsl"))["icestats"]
    assert stats.keys() == GLOBAL
    assert all(source.keys() == SOURCE for source in stats["source"])
    assert stats["host"] == "127.0.0.1"


async def test_every_mount_of_every_station_is_a_source(
    station: OnAir, http: aiohttp.ClientSession
) -> None:
    sources = (await get(http, "/status-json.xsl"))["icestats"]["source"]
    types = {source["listenurl"]: source["server_type"] for source in sources}
    assert types[f"{station.url}/stream.mp3"] == "audio/mpeg"
    assert types[f"{station.url}/stations/night/stream.opus"] == "audio/ogg"


async def test_a_single_source_is_no_list(station: OnAir, http: aiohttp.ClientSession) -> None:
    source = (await get(http, "/status-json.xsl?mount=/stream.opus"))["icestats"]["source"]
    assert source["listenurl"] == f"{station.url}/stream.opus"


async def test_it_tells_the_title_that_goes_out(http: aiohttp.ClientSession) -> None:
    before = await get(http, "/api/v1/now")
    source = (await get(http, "/status-json.xsl?mount=/stream.mp3"))["icestats"]["source"]
    after = await get(http, "/api/v1/now")
    assert source["title"] in {now["playing"]["piece"]["title"] for now in (before, after)}
    assert source["server_name"] == "Prüfstand ☕"


async def test_listeners_are_counted_and_their_peak_is_kept(
    station: OnAir, http: aiohttp.ClientSession
) -> None:
    path = "/status-json.xsl?mount=/stations/night/stream.mp3"
    async with (
        listen(station.port, "/stations/night/stream.mp3"),
        listen(station.port, "/stations/night/stream.mp3"),
    ):
        source = (await get(http, path))["icestats"]["source"]
        assert source["listeners"] >= 2
    assert (await get(http, path))["icestats"]["source"]["listener_peak"] >= 2


async def test_its_two_times_are_one(http: aiohttp.ClientSession) -> None:
    stats = (await get(http, "/status-json.xsl"))["icestats"]
    first = datetime.strptime(stats["server_start_iso8601"], "%Y-%m-%dT%H:%M:%S%z")
    assert parsedate_to_datetime(stats["server_start"]) == first
