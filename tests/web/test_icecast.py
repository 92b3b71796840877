"""A real Icecast beside the station: it relays us, and we send to it."""

from __future__ import annotations

import json
import re
import secrets
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from renderer.framing import split_mp3
from tests.web.conftest import NO_MODEL, OnAir, get, metric, on_air, until
from tests.web.icecasts import PROGRAM, SHIPPED, Icecast, free_port
from tests.web.listening import RATE_HZ, Listening, decode, from_a_frame, listen

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="icecast2 is not installed")

MP3_SECONDS_A_FRAME = 0.024
STREAM = """
mounts = ["mp3", "opus-tagged", "mp3-320"]
max_backlog_seconds = 2
"""
PUSH = """
[[stations.main.push]]
url = "http://127.0.0.1:{port}/{name}"
password = "{password}"
mount = "{mount}"
"""


@dataclass
class Meeting:
    """A station, the Icecast that relays it and is sent to, and one that is stuck."""

    station: OnAir
    icecast: Icecast


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meeting]:
    folder, password = tmp_path_factory.mktemp("pushing"), secrets.token_hex(8)
    port = free_port()
    with stuck_icecast() as stuck_port:
        pushes = (
            PUSH.format(port=port, name="to.mp3", mount="mp3", password=password),
            PUSH.format(port=port, name="to.opus", mount="opus-tagged", password=password),
            PUSH.format(port=port, name="wrong.mp3", mount="mp3", password="a guess"),
            PUSH.format(port=stuck_port, name="stuck.mp3", mount="mp3-320", password=password),
        )
        with (
            on_air(folder, stream=STREAM, generator=NO_MODEL, more="".join(pushes)) as station,
            Icecast(station.port, password, port) as icecast,
        ):
            yield Meeting(station, icecast)


@pytest.fixture
async def ours(meeting: Meeting) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(meeting.station.url) as session:
        yield session


@pytest.fixture
async def theirs(meeting: Meeting) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{meeting.icecast.port}") as session:
        yield session


def test_the_configuration_we_ship_has_no_password() -> None:
    assert not re.search("<[a-z-]*password>", SHIPPED.read_text())


@pytest.mark.parametrize("path", ["/stream.mp3", "/to.mp3"])
async def test_at_an_icecast_titles_change_as_they_do_here(
    meeting: Meeting, ours: aiohttp.ClientSession, theirs: aiohttp.ClientSession, path: str
) -> None:
    await until(lambda: is_there(theirs, path))
    async with listen(meeting.icecast.port, path, "Icy-MetaData: 1") as listening:
        before = await next_title(listening)
        async with ours.post("/api/v1/skip", headers=meeting.station.operator) as answer:
            assert answer.status == 202
        after = await next_title(listening)
    recent = (await get(ours, "/api/v1/now"))["recent"]
    aired = [each["piece"]["title"] for each in recent]
    assert aired.index(before) < aired.index(after)

    async def is_shown() -> bool:
        return (await source(theirs, path))["title"] in aired[aired.index(after) :]

    await until(is_shown)


@pytest.mark.parametrize("path", ["/stream.mp3", "/to.mp3", "/to.opus"])
async def test_what_an_icecast_plays_of_ours_decodes_without_an_error(
    meeting: Meeting, theirs: aiohttp.ClientSession, path: str
) -> None:
    await until(lambda: is_there(theirs, path))
    async with listen(meeting.icecast.port, path) as listening:
        data = await listening.read(32_000)
    format = path.rpartition(".")[2]
    sound = decode(from_a_frame(data) if format == "mp3" else data, format)
    assert len(sound) > 1.5 * RATE_HZ


async def test_tagged_opus_brings_its_titles_along(
    meeting: Meeting, ours: aiohttp.ClientSession, theirs: aiohttp.ClientSession
) -> None:
    await until(lambda: is_there(theirs, "/to.opus"))
    async with listen(meeting.icecast.port, "/to.opus") as listening:
        data = await listening.read(8_000)
    titles = re.findall(rb"title=([\w' ]+)", data, re.IGNORECASE)
    recent = (await get(ours, "/api/v1/now"))["recent"]
    assert titles
    assert {title.decode() for title in titles} <= {each["piece"]["title"] for each in recent}


async def test_an_icecast_is_told_what_we_are(
    meeting: Meeting, theirs: aiohttp.ClientSession
) -> None:
    await until(lambda: is_there(theirs, "/to.opus"))
    found = await source(theirs, "/to.opus")
    assert (found["server_name"], found["genre"]) == ("Prüfstand ☕", "Generative")


async def test_a_wrong_password_is_said(meeting: Meeting, ours: aiohttp.ClientSession) -> None:
    async def said() -> str:
        return (await push(ours, "/wrong.mp3"))["error"] or ""

    async def is_refused() -> bool:
        return "are user and password right?" in await said()

    await until(is_refused)
    assert await metric(ours, "latentfm_push_up", url=(await push(ours, "/wrong.mp3"))["url"]) == 0


async def test_an_icecast_that_does_not_read_is_let_go(
    meeting: Meeting, ours: aiohttp.ClientSession
) -> None:
    async def is_let_go() -> bool:
        return await metric(ours, "latentfm_slow_listeners_total", mount="mp3-320") > 0

    await until(is_let_go)
    assert "too slowly" in meeting.station.log.read_text()


async def test_a_push_comes_back_with_its_icecast_while_others_hear_on(
    meeting: Meeting, ours: aiohttp.ClientSession, theirs: aiohttp.ClientSession
) -> None:
    await until(lambda: is_there(theirs, "/to.mp3"))
    async with listen(meeting.station.port, "/stream.mp3") as listening:
        began = time.monotonic()
        meeting.icecast.kill()

        async def is_lost() -> bool:
            return (await push(ours, "/to.mp3"))["error"] is not None

        await until(is_lost)
        meeting.icecast.start()
        await until(lambda: is_there(theirs, "/to.mp3"))
        passed = time.monotonic() - began
        heard = await listening.read(round(passed * 16_000))  # and the burst is still to come
    frames, _ = split_mp3(heard)
    assert len(frames) * MP3_SECONDS_A_FRAME == pytest.approx(passed, abs=0.1)
    assert (await push(ours, "/to.mp3"))["since"] is not None


class stuck_icecast:
    """Says yes to every source, and reads no more."""

    def __enter__(self) -> int:
        self._server = socket.socket()
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._server.bind(("127.0.0.1", 0))
        self._server.listen()
        self._taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()
        port: int = self._server.getsockname()[1]
        return port

    def _accept(self) -> None:
        while True:
            try:
                taken, _ = self._server.accept()
            except OSError:  # the end
                return
            self._taken.append(taken)
            taken.recv(4096)
            taken.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for each in (self._server, *self._taken):
            each.close()


async def next_title(listening: Listening) -> str:
    """The next that is cut in, as players read it."""
    while True:
        await listening.read(int(listening.headers["icy-metaint"]))
        block = await listening.read(16 * (await listening.read(1))[0])
        if found := re.search("StreamTitle='(.*?)';", block.rstrip(b"\0").decode()):
            return found[1]


async def source(theirs: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    """What the Icecast says of a mount; nothing while it has none."""
    async with theirs.get("/status-json.xsl") as answer:
        text = await answer.text()
    try:
        found = json.loads(text)["icestats"].get("source", [])
    except json.JSONDecodeError:  # Icecast's own, in its first moments
        return {}
    every = found if isinstance(found, list) else [found]
    return next((each for each in every if each["listenurl"].endswith(path)), {})


async def is_there(theirs: aiohttp.ClientSession, path: str) -> bool:
    return "server_name" in await source(theirs, path)


async def push(ours: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    """What the station says of one of its pushes."""
    (station,) = await get(ours, "/api/v1/stations")
    (found,) = (each for each in station["pushes"] if each["url"].endswith(path))
    return dict(found)
