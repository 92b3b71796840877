"""What a source client says to an Icecast, and what it makes of the answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.web.conftest import NO_MODEL, on_air
from web.icecast_source import RefusedError, Sound, Target, connect, request, tell_title

TARGET = Target("http://radio.example.org:8000/a b.mp3?x=1", "söurce", "geheim ☕")
SOUND = Sound("audio/mpeg", 128, "Prüfstand ☕", "New trios.", "Generative", public=False)
PUSH = """
[[stations.main.push]]
url = "http://127.0.0.1:1/x.flac"
password = "x"
mount = "flac"
"""


def answering(answer: bytes) -> asyncio.Future[asyncio.Server]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    return asyncio.ensure_future(asyncio.start_server(serve, "127.0.0.1", 0))


def target_at(server: asyncio.Server) -> Target:
    return Target(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x.mp3", "source", "x")


def test_the_request_is_a_put_that_waits_for_a_yes() -> None:
    head = request(TARGET, SOUND).decode()
    assert head.startswith("PUT /a%20b.mp3 HTTP/1.1\r\nHost: radio.example.org:8000\r\n")
    assert "\r\nExpect: 100-continue\r\n" in head
    assert "\r\nAuthorization: Basic c8O2dXJjZTpnZWhlaW0g4piV\r\n" in head
    assert head.endswith("\r\n\r\n")


def test_a_password_is_not_shown() -> None:
    assert "geheim" not in repr(TARGET) + TARGET.address


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.0 401 Authentication Required\r\n\r\nno", "are user and password right?"),
        (
            b"HTTP/1.0 403 Forbidden\r\n\r\nMountpoint in use\r\n",
            "403 Forbidden: Mountpoint in use",
        ),
        (b"HTTP/1.1 500 Oh\r\n\r\n", "it answers 500 Oh"),
    ],
)
async def test_a_no_is_told_in_the_words_of_the_icecast(answer: bytes, words: str) -> None:
    async with await answering(answer) as server:
        with pytest.raises(RefusedError, match=words.replace("?", r"\?")) as refused:
            await connect(target_at(server), SOUND)
    assert refused.value.status == int(answer.split()[1])


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n\r\n", b"", b"HTTP/1.1 yes\r\n\r\n"])
async def test_what_is_no_icecast_is_taken_for_none(answer: bytes) -> None:
    async with await answering(answer) as server:
        with pytest.raises(ConnectionError, match="no Icecast"):
            await connect(target_at(server), SOUND)


@pytest.mark.parametrize("answer", [b"HTTP/1.0 404 Not Found\r\n\r\n", b"", b"not HTTP\r\n\r\n"])
async def test_a_title_that_is_not_taken_is_no_fault_of_the_stream(answer: bytes) -> None:
    async with await answering(answer) as server, aiohttp.ClientSession() as http:
        assert await tell_title(http, target_at(server), "a title")


def test_a_push_of_what_is_not_broadcast_is_said_at_the_start(tmp_path: Path) -> None:
    try:
        with on_air(tmp_path, stream='mounts = ["mp3"]', generator=NO_MODEL, more=PUSH):
            raise RuntimeError("on air")
    except AssertionError:
        log = (tmp_path / "log").read_text()
    assert "http://127.0.0.1:1/x.flac is to get 'flac', which is not broadcast" in log
    assert "Traceback" not in log
