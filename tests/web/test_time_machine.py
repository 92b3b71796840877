"""The time machine over HTTP, of a log that was made for it."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import cast

import aiohttp
import av
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from renderer.fonts import Fonts
from renderer.pcm import SAMPLE_RATE_HZ, in_16_bits
from renderer.soundfont import read_soundfont
from station.programme import Programme
from station.settings import Settings, StationSettings
from storage.database import Database
from tests.fonts import FONT
from tests.station.broadcasts import OnAir, go_on_air, logged
from tests.web.conftest import until
from web import time_machine
from web.keys import PROGRAMME
from web.time_machine import AT_ONCE, AT_ONCE_FROM_ADDRESS, SEATS, Seats

THEN = "/at/2026-01-01T12:00:10Z"


@pytest.fixture(scope="module")
def broadcast() -> OnAir:
    return go_on_air(16)


@pytest.fixture(scope="module")
def log(broadcast: OnAir, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with closing(logged(tmp_path_factory.mktemp("log"), broadcast)) as database:
        yield database


@pytest.fixture
async def server(log: Database) -> AsyncIterator[TestServer]:
    """The time machine alone, of a station that is not on air."""
    station = SimpleNamespace(name="main", settings=StationSettings(title="Prüfstand"))
    programme = SimpleNamespace(
        settings=Settings(),
        database=log,
        fonts=Fonts(read_soundfont(FONT), {}),
        first=station,
        stations={"main": station},
    )
    app = web.Application()
    app[PROGRAMME] = cast(Programme, programme)
    app.cleanup_ctx.append(time_machine.travelling)
    for path, handler in time_machine.ROUTES:
        app.add_routes([web.get(path, handler), web.get("/stations/{station}" + path, handler)])
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def http(server: TestServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.make_url("/")) as session:
        yield session


def decoded(file: bytes) -> np.ndarray:
    """Float32 (frames, 2)."""
    with av.open(io.BytesIO(file), "r") as container:
        resampler = av.AudioResampler(format="flt", layout="stereo", rate=SAMPLE_RATE_HZ)
        frames = [f for given in container.decode(audio=0) for f in resampler.resample(given)]
    return np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in frames])


@pytest.mark.parametrize("kind", ["mp3", "opus", "flac", "wav"])
async def test_a_file_is_as_long_as_it_was_asked_to_be(
    kind: str, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{THEN}?minutes=0.05&format={kind}") as answer:
        assert (answer.status, answer.content_type) == (200, time_machine.KINDS[kind])
        assert f"latentfm-main-2026-01-01T12-00-10Z.{kind}" in answer.headers["Content-Disposition"]
        sound = decoded(await answer.read())
    assert len(sound) == pytest.approx(3 * SAMPLE_RATE_HZ, abs=3_000)
    assert np.abs(sound).max() > 0.05


async def test_it_is_what_was_on_air(http: aiohttp.ClientSession, broadcast: OnAir) -> None:
    async with http.get(f"/stations/main{THEN}?minutes=0.05&format=flac") as answer:
        sound = decoded(await answer.read())
    apart = in_16_bits(sound).astype(int) - in_16_bits(broadcast.heard(broadcast.utc(10), 3))
    assert np.abs(apart).max() <= 32  # of 32,768: -60 dB


async def test_a_player_says_what_it_can_play(http: aiohttp.ClientSession) -> None:
    async with http.head(THEN, headers={"Accept": "audio/flac, */*;q=0.5"}) as answer:
        assert (answer.status, answer.content_type) == (200, "audio/flac")
    async with http.head(THEN) as answer:
        assert answer.content_type == "audio/mpeg"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/at/2025-12-31T23:00:00-01:00", 404, "2026-01-01T12:00:00Z"),
        ("/at/2100-01-01T00:00:00Z", 404, "still to come"),
        ("/at/0001-01-01T00:00:00Z", 404, "nothing"),
        ("/at/yesterday", 400, "write it like 2026-11-21T14:32:00Z"),
        (THEN + "?minutes=1441", 400, "up to 60"),
        (THEN + "?minutes=nan", 400, "minutes is above 0"),
        (THEN + "?format=midi", 400, "mp3, opus, flac, wav"),
        ("/stations/day" + THEN, 404, "main"),
    ],
)
async def test_what_cannot_be_is_refused_in_words(
    path: str, status: int, words: str, http: aiohttp.ClientSession
) -> None:
    async with http.get(path) as answer:
        assert answer.status == status
        assert words in await answer.text()


async def test_a_stream_is_no_further_ahead_than_its_listener_needs(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_machine, "AHEAD_SECONDS", 4.5)
    async with http.get(THEN + "?format=flac") as answer:  # there are 6 s from here on
        await answer.content.readany()
        began = time.monotonic()
        await answer.read()
    assert time.monotonic() - began > 0.9


async def taken(server: TestServer, seats: int) -> bool:
    async def is_so() -> bool:
        return server.app[SEATS].taken == seats

    return bool(await until(is_so))


async def test_whoever_leaves_frees_the_seat(
    http: aiohttp.ClientSession, server: TestServer
) -> None:
    async with http.get(THEN) as answer:
        await answer.content.readany()
        assert await taken(server, 1)
    assert await taken(server, 0)


async def test_whoever_takes_nothing_is_let_go(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_machine, "BEHIND_SECONDS", -5.0)  # of 6: or it would take a minute
    with socket.create_connection(("127.0.0.1", cast(int, server.port))) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.send(f"GET {THEN}?minutes=1&format=wav HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert await taken(server, 1)
        assert await taken(server, 0)
        heard = deaf.recv(10_000_000, socket.MSG_WAITALL)
        assert len(heard) < 4 * SAMPLE_RATE_HZ * 4  # bytes of four seconds


def test_one_replay_more_is_refused() -> None:
    seats = Seats()
    taken = [seats.take(f"203.0.113.{number}") for number in range(AT_ONCE)]
    with pytest.raises(web.HTTPServiceUnavailable) as refused:
        seats.take("203.0.113.99")
    assert "Retry-After" in refused.value.headers
    seats.leave(taken[0])
    assert seats.take("203.0.113.99") == "203.0.113.99"


def test_an_address_has_some_of_the_seats_at_most() -> None:
    seats = Seats()
    for _ in range(AT_ONCE_FROM_ADDRESS):
        seats.take("203.0.113.7")
    with pytest.raises(web.HTTPTooManyRequests):
        seats.take("203.0.113.7")
    seats.leave("203.0.113.7")
    seats.take("203.0.113.7")
