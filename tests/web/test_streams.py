"""What a player gets on its socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import socket
import subprocess
import time
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import pytest

from renderer.framing import split_mp3
from tests.web.conftest import OnAir, get, metric, until
from tests.web.listening import RATE_HZ, decode, from_a_frame, listen

BURST_SECONDS = 5
MP3_BYTES_PER_SECOND = 16_000
METAINT = 16_000


@pytest.mark.parametrize(("format", "bytes_per_second"), [("mp3", 16_000), ("opus", 12_000)])
async def test_a_stream_begins_with_a_burst_and_decodes_without_an_error(
    station: OnAir, format: str, bytes_per_second: int
) -> None:
    async with listen(station.port, f"/stream.{format}") as listening:
        data = await listening.read(round(4 * bytes_per_second))
    sound = decode(data, format)
    assert 3 * RATE_HZ < len(sound) < 8 * RATE_HZ
    assert np.sqrt(np.mean(sound**2)) > 0.001


async def test_after_the_burst_sound_comes_no_faster_than_it_plays(station: OnAir) -> None:
    async with listen(station.port, "/stream.mp3") as listening:
        await listening.read((BURST_SECONDS - 1) * MP3_BYTES_PER_SECOND)
        began = time.monotonic()
        await listening.read(4 * MP3_BYTES_PER_SECOND)  # at most 1 s of it was in the burst
    assert time.monotonic() - began > 1.9


async def test_one_who_leaves_before_the_answer_is_no_fault(
    station: OnAir, http: aiohttp.ClientSession
) -> None:
    for path in 10 * ("/stream.mp3", "/stream.opus", "/api/v1/events"):
        with socket.create_connection(("127.0.0.1", station.port)) as hasty:
            hasty.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await get(http, "/healthz")
    assert "Traceback" not in station.log.read_text()  # a small file


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_a_stream_has_neither_chunks_nor_a_length(station: OnAir, version: str) -> None:
    async with listen(station.port, "/stream.mp3", version=version) as listening:
        frames, _ = split_mp3(await listening.read(4_000))
    assert len(frames) > 5
    assert not {"transfer-encoding", "content-length"} & listening.headers.keys()


async def test_head_gives_the_headers_and_no_sound(station: OnAir) -> None:
    async with listen(
        station.port, "/stream.opus", "Connection: close", method="HEAD"
    ) as listening:
        assert (listening.status, listening.headers["content-type"]) == (200, "audio/ogg")
        assert "content-length" not in listening.headers
        assert await listening.reader.read() == b""


async def test_the_name_of_a_station_may_have_any_letters(station: OnAir) -> None:
    async with listen(station.port, "/stream.mp3") as listening:
        pass
    assert listening.headers["icy-name"] == "Prüfstand ☕"


async def test_a_player_that_knows_no_more_than_http_1_0_hears_it(station: OnAir) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", station.port)
    writer.write(b"GET /stream.mp3 HTTP/1.0\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    sound = await reader.readexactly(16_000)
    writer.close()
    await writer.wait_closed()
    assert head.startswith(b"HTTP/1.0 200 OK\r\n")
    assert len(decode(sound, "mp3")) > 0.8 * RATE_HZ


async def test_the_stream_without_a_format_is_the_first(station: OnAir) -> None:
    async with listen(station.port, "/stations/night/stream") as listening:
        assert listening.headers["content-type"] == "audio/mpeg"
        assert listening.headers["icy-name"] == "Night"


async def test_nothing_on_the_way_may_keep_or_collect_it(station: OnAir) -> None:
    async with listen(station.port, "/stream.mp3") as listening:
        assert listening.headers["cache-control"] == "no-cache, no-store, no-transform"
        assert listening.headers["x-accel-buffering"] == "no"


async def test_ffprobe_reads_what_the_station_says_of_itself(station: OnAir) -> None:
    command = ["ffprobe", "-v", "error", "-show_entries", "format_tags", "-of", "json"]
    probe = await asyncio.create_subprocess_exec(
        *command, f"{station.url}/stream.mp3", stdout=subprocess.PIPE
    )
    tags = json.loads((await probe.communicate())[0])["format"]["tags"]
    assert (tags["icy-name"], tags["icy-br"], tags["icy-sr"]) == ("Prüfstand ☕", "128", "48000")
    assert (tags["icy-url"], tags["icy-genre"]) == (f"{station.url}/", "Generative")
    assert tags["StreamTitle"]


@pytest.mark.parametrize("line", ["icy-metadata: 1", "ICY-METADATA:1", "Icy-MetaData:   1  "])
async def test_titles_may_be_asked_for_in_any_spelling(station: OnAir, line: str) -> None:
    async with listen(station.port, "/stream.mp3", line) as listening:
        assert listening.headers["icy-metaint"] == str(METAINT)


async def test_titles_cut_into_the_stream_are_what_the_api_says(
    station: OnAir, http: aiohttp.ClientSession
) -> None:
    before = await get(http, "/api/v1/now")
    async with listen(station.port, "/stream.mp3", "Icy-MetaData: 1") as listening:
        assert listening.headers["icy-metaint"] == str(METAINT)
        sound, titles = b"", []
        for _ in range(BURST_SECONDS + 2):  # to where it came, and a bit
            sound += await listening.read(METAINT)
            length = 16 * (await listening.read(1))[0]
            if block := (await listening.read(length)).rstrip(b"\0").decode():
                titles += re.findall(r"^StreamTitle='(.*)';$", block) or [block]
    recent = (await get(http, "/api/v1/now"))["recent"]
    since = [e for e in recent if e["position"] >= before["playing"]["position"]]
    assert titles[-1] in [each["piece"]["title"] for each in since]
    assert set(titles) <= {each["piece"]["title"] for each in before["recent"] + recent}
    assert len(decode(from_a_frame(sound), "mp3")) > 4 * RATE_HZ


async def test_without_asking_no_title_is_cut_in(station: OnAir) -> None:
    async with listen(station.port, "/stream.mp3", "Icy-MetaData: 0") as listening:
        pass
    assert "icy-metaint" not in listening.headers


async def test_each_station_has_streams_of_its_own(station: OnAir) -> None:
    async with listen(station.port, "/stations/night/stream.mp3") as listening:
        pass
    assert listening.headers["icy-name"] == "Night"


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/stream.wma", "/stream.mp3, /stream.opus"),
        ("/stations/night/stream-5.mp3", "/stations/night/stream.mp3"),
        ("/stations/x/stream.mp3", "main, night"),
    ],
)
async def test_what_is_not_there_is_answered_with_what_is(
    http: aiohttp.ClientSession, path: str, known: str
) -> None:
    async with http.get(path) as answer:
        assert answer.status == 404
        assert known in await answer.text()


@pytest.mark.parametrize("format", ["mp3", "opus"])
async def test_a_session_says_where_its_bytes_began(
    station: OnAir, http: aiohttp.ClientSession, format: str
) -> None:
    key = secrets.token_hex(16)
    async with listen(station.port, f"/stream.{format}?session={key}") as listening:
        await listening.read(1)
        session, now = await get(http, f"/api/v1/sessions/{key}"), await get(http, "/api/v1/now")
    assert (session["format"], session["station"]) == (format, "main")
    assert now["position"] - 8 * RATE_HZ < session["position"] < now["position"]


async def test_one_listener_more_than_there_are_places_is_asked_to_come_back(
    narrow: OnAir,
) -> None:
    async with _empty(narrow), contextlib.AsyncExitStack() as listeners:
        for _ in range(3):
            await listeners.enter_async_context(listen(narrow.port, "/stream.mp3"))
        refused = await listeners.enter_async_context(listen(narrow.port, "/stream.opus"))
    assert (refused.status, refused.headers["retry-after"]) == (503, "10")


async def test_one_that_never_reads_is_let_go_and_another_hears_no_gap(narrow: OnAir) -> None:
    heard = bytearray()
    with socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        async with _empty(narrow) as http, listen(narrow.port, "/stream.mp3") as other:
            stuck.connect(("127.0.0.1", narrow.port))
            stuck.sendall(b"GET /stream.mp3 HTTP/1.1\r\nHost: x\r\n\r\n")

            async def is_let_go() -> bool:
                heard.extend(await other.reader.read(65_536))
                return await metric(http, "latentfm_slow_listeners_total", mount="mp3") == 1

            await until(is_let_go)
            heard += await other.read(40_000)
    frames, _ = split_mp3(bytes(heard))
    assert len(decode(bytes(heard), "mp3")) == pytest.approx(1152 * len(frames), abs=1152)


@contextlib.asynccontextmanager
async def _empty(station: OnAir) -> AsyncIterator[aiohttp.ClientSession]:
    """Once every earlier listener is gone."""
    async with aiohttp.ClientSession(station.url) as http:

        async def is_empty() -> bool:
            return await metric(http, "latentfm_listeners") == 0

        await until(is_empty)
        yield http
