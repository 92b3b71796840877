"""What `deploy/` has for nginx, tried with a real one."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator

import aiohttp
import pytest

from renderer.framing import split_mp3
from tests.station.m3u8 import read
from tests.web.conftest import NO_MODEL, OnAir, on_air, until
from tests.web.listening import listen
from tests.web.nginxes import PROGRAM, Nginx, nginx

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no nginx: apt-get install nginx-light")

HLS = '[hls]\nsegment_seconds = 1\nwindow_seconds = 10\nfolder = "{folder}"'
BYTES_A_SECOND = 320 * 125


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OnAir, Nginx]]:
    """A station that writes its HLS into a folder, and nginx before it."""
    folder = tmp_path_factory.mktemp("nginx")
    hls = HLS.format(folder=folder / "latentfm-hls")
    stream = "mp3_bitrate_kbps = 320"
    with (
        on_air(folder, stream=stream, generator=NO_MODEL, more=hls) as station,
        nginx(folder, station.port, folder) as proxy,
    ):
        yield station, proxy


@pytest.fixture
def proxy(behind: tuple[OnAir, Nginx]) -> Nginx:
    return behind[1]


async def playlist(port: int, path: str = "/hls/live.m3u8") -> tuple[str, dict[str, str]]:
    """Text and headers, once there are some segments."""
    async with aiohttp.ClientSession() as http:

        async def ask() -> tuple[str, dict[str, str]] | None:
            async with http.get(f"http://127.0.0.1:{port}{path}") as answer:
                text = await answer.text()
                return (text, dict(answer.headers)) if text.count("#EXTINF") > 3 else None

        found: tuple[str, dict[str, str]] = await until(ask)
        return found


async def headers(url: str) -> tuple[int, dict[str, str]]:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, dict(answer.headers)


async def play(url: str) -> subprocess.CompletedProcess[str]:
    command = ["ffmpeg", "-v", "error", "-i", url, "-t", "3", "-f", "null", "-"]
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)


async def test_a_stream_comes_through_byte_for_byte(proxy: Nginx) -> None:
    async with listen(proxy.proxy_port, "/stream.mp3") as stream:
        sound = await stream.read(6 * BYTES_A_SECOND)  # the burst, and what came after it
    frames, rest = split_mp3(sound)
    assert len(b"".join(frames)) + len(rest) == len(sound)


async def test_titles_come_through(proxy: Nginx) -> None:
    async with listen(proxy.proxy_port, "/stream.mp3", "Icy-MetaData: 1") as stream:
        await stream.read(16_000)
        length = (await stream.read(1))[0]
        assert (await stream.read(16 * length)).startswith(b"StreamTitle='")


async def test_events_come_through(proxy: Nginx) -> None:
    async with listen(proxy.proxy_port, "/api/v1/events") as events:
        assert b"event: now" in await events.read(64)


async def test_addresses_are_those_of_the_proxy(proxy: Nginx) -> None:
    host = f"127.0.0.1:{proxy.proxy_port}"
    async with aiohttp.ClientSession() as http, http.get(f"http://{host}/listen.m3u") as answer:
        assert f"http://{host}/stream.mp3" in await answer.text()


@pytest.mark.parametrize("path", ["/hls/live.m3u8", "/stations/main/hls/live.m3u8"])
async def test_hls_plays_from_the_folder(proxy: Nginx, path: str) -> None:
    await playlist(proxy.hls_port, path)
    played = await play(f"http://127.0.0.1:{proxy.hls_port}{path}")
    assert (played.returncode, played.stderr) == (0, "")


async def test_hls_plays_through_the_proxy(proxy: Nginx) -> None:
    await playlist(proxy.proxy_port)
    played = await play(f"http://127.0.0.1:{proxy.proxy_port}/hls/live.m3u8")
    assert (played.returncode, played.stderr) == (0, "")


async def test_nginx_says_of_the_folder_what_the_station_says(
    behind: tuple[OnAir, Nginx],
) -> None:
    station, proxy = behind
    text, of_playlist = await playlist(proxy.hls_port)
    name = read(text).entries[-1].name
    _, ours = await headers(f"{station.url}/hls/{name}")
    _, theirs = await headers(f"http://127.0.0.1:{proxy.hls_port}/hls/{name}")
    _, of_ours = await headers(f"{station.url}/hls/live.m3u8")
    for key in ("Content-Type", "Cache-Control", "Access-Control-Allow-Origin"):
        assert (theirs[key], of_playlist[key]) == (ours[key], of_ours[key])


@pytest.mark.parametrize(
    "path", ["/", "/hls/", "/hls/live.m3u8.partial", "/latentfm-hls/main/live.m3u8", "/hls/../log"]
)
async def test_nothing_else_is_served(proxy: Nginx, path: str) -> None:
    async with listen(proxy.hls_port, path) as answer:
        assert answer.status in (400, 404)
