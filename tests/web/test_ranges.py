"""Byte ranges: what Apple's players need before they play, and what others get."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.web.conftest import OnAir, metric
from tests.web.listening import RATE_HZ, decode, listen

# What AVPlayer sends first, and then; only the first time it asks for titles (icecast-kh #441).
APPLE = (
    "Accept: */*",
    "Accept-Encoding: identity",
    "User-Agent: AppleCoreMedia/1.0.0.21A329 (iPhone; U; CPU OS 17_0 like Mac OS X; en_us)",
    "X-Playback-Session-Id: 0F2A7A5E-1F2B-4B7E-9E43-0D3E33B3F0C1",
)
PROBE = (*APPLE, "Range: bytes=0-1", "Icy-MetaData: 1")
PLAY = (*APPLE, "Range: bytes=0-1073741822")


async def test_an_iphone_plays(station: OnAir) -> None:
    async with listen(station.port, "/stream.mp3", *PROBE, "Connection: close") as probe:
        body = await probe.reader.read()
        assert (probe.status, len(body)) == (206, 2)
        assert probe.headers["content-type"] == "audio/mpeg"
        assert probe.headers["content-range"] == "bytes 0-1/*"
        assert (probe.headers["content-length"], probe.headers["accept-ranges"]) == ("2", "bytes")
    async with listen(station.port, "/stream.mp3", *PLAY) as playing:
        assert playing.status == 206
        assert playing.headers["content-range"] == "bytes 0-1073741822/*"
        sound = await playing.read(40_000)
    assert sound[:2] == body
    assert len(decode(sound, "mp3")) > 2 * RATE_HZ


async def test_a_probe_is_no_listener(station: OnAir, http: aiohttp.ClientSession) -> None:
    async with listen(station.port, "/stream.mp3", *PROBE) as probe:
        before = await metric(http, "latentfm_listeners", station="main", mount="mp3")
        await probe.read(2)  # the connection is open still
        assert await metric(http, "latentfm_listeners", station="main", mount="mp3") <= before


async def test_a_range_with_an_end_is_given_to_the_letter(station: OnAir) -> None:
    async with listen(station.port, "/stream.mp3", "Range: bytes=0-95999") as part:
        async with asyncio.timeout(10):
            data = await part.reader.read(-1)
    assert (part.status, part.headers["content-length"]) == (206, "96000")
    assert len(data) == 96_000  # more than the burst: it waited for the rest


@pytest.mark.parametrize(
    "range",
    [
        "bytes=0-",  # Chromium and Firefox
        "bytes=5000-",
        "bytes=5000-9999",
        "bytes=-500",
        "bytes=0-1,5-6",
        "bytes=1-0",
        "frames=0-1",
        "bytes=0-" + 4000 * "9",
    ],
)
async def test_any_other_range_is_the_stream_from_now_on(station: OnAir, range: str) -> None:
    async with listen(station.port, "/stream.mp3", f"Range: {range}") as listening:
        sound = await listening.read(16_000)
    assert listening.status == 200
    assert not {"content-range", "content-length"} & listening.headers.keys()
    assert len(decode(sound, "mp3")) > 0.8 * RATE_HZ


async def test_titles_and_a_range_go_together(station: OnAir) -> None:
    headers = ("Range: bytes=0-", "Icy-MetaData: 1")
    async with listen(station.port, "/stream.mp3", *headers) as listening:
        await listening.read(16_000)
        length = 16 * (await listening.read(1))[0]
        assert (await listening.read(length)).startswith(b"StreamTitle='")


async def test_head_answers_a_range_as_any_other(station: OnAir) -> None:
    async with listen(station.port, "/stream.mp3", "Range: bytes=0-1", method="HEAD") as head:
        assert (head.status, "content-range" in head.headers) == (200, False)
