"""Real stations in processes of their own, on ports the kernel gives, each in its own folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright
from prometheus_client.parser import text_string_to_metric_families

from station.token import new_token
from tests.fonts import FONT

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0  # far more than anything here takes: the machine may be busy
GOODBYE_SECONDS = 10.0

# Short pieces, so that a test that waits for the next one waits seconds.
SETTINGS = """
[server]
host = "127.0.0.1"
port = {port}
access_log = "{access_log}"
[storage]
folder = "{folder}"
url = "{url}"
[generator]
shelf_minutes = 0.5
candidates = 1
{generator}
[renderer]
soundfont = "{font}"
[stream]
{stream}
[stations.main]
title = "Prüfstand ☕"
seed = 7
[[stations.main.shows]]
name = "Test"
starts = "00:00"
tempo_qpm = [150, 160]
forms = ["AB"]
bridge_bars = 2
{more}
"""
SECOND_STATION = '[stations.night]\ntitle = "Night"\nseed = 8'
NO_MODEL = 'model = "/nonexistent"'  # patterns only: on air at once
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


@dataclass
class OnAir:
    """A station on air, as its operator sees it."""

    process: subprocess.Popen[str]
    port: int
    token: str
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def operator(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def workers(self) -> list[int]:
        """Process ids of its generators."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = re.search(r"^PPid:\s+(\d+)$", (folder / "status").read_text(), re.M)
                command = (folder / "cmdline").read_text()
                mine = parent is not None and int(parent[1]) == self.process.pid
                if mine and "generators.worker" in command:
                    found.append(int(folder.name))
        return found


@contextlib.contextmanager
def on_air(
    folder: Path,
    *,
    port: int = 0,
    url: str = "",
    stream: str = "",
    generator: str = "",
    more: str = "",
) -> Iterator[OnAir]:
    """A station on air inside the block; its log is in the message if it never got there."""
    config, log = folder / "station.toml", folder / "log"
    data = folder / "data"
    config.write_text(
        SETTINGS.format(
            port=port,
            access_log=folder / "access.log",
            folder=data,
            url=url,
            font=FONT,
            stream=stream,
            generator=generator,
            more=more,
        )
    )
    token = new_token(data)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LATENTFM_")}
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "web", "--config", str(config), "serve"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        greeting = next((line for line in process.stdout if "Listen:" in line), "")
        found = re.search(r":(\d+)/", greeting)
        assert found, f"the station did not start:\n{log.read_text()}"
        station = OnAir(process, int(found[1]), token, log)
        _wait_for_sound(station)
        yield station
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            assert process.stdout is not None
            process.stdout.close()
    assert "Traceback" not in log.read_text(), log.read_text()


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _wait_for_sound(station: OnAir) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            urllib.request.urlopen(station.url + "/healthz").close()
            return
        except urllib.error.HTTPError as error:
            error.close()
        assert time.monotonic() < deadline, f"no sound:\n{station.log.read_text()}"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnAir]:
    """Two stations, with the model we ship."""
    with on_air(tmp_path_factory.mktemp("station"), more=SECOND_STATION) as station:
        yield station


@pytest.fixture(scope="session")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnAir]:
    """A station with three places and little patience, fast enough to fill a socket in seconds."""
    stream = """
        max_listeners = 3
        max_listeners_per_address = 2
        max_backlog_seconds = 2
        mp3_bitrate_kbps = 320
    """
    folder = tmp_path_factory.mktemp("narrow")
    with on_air(folder, stream=stream, generator=NO_MODEL) as station:
        yield station


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The machine's own Chromium, inside the block."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("the pages are tested in Chromium. Install it: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all. Tests that use it run in its loop:

    `pytestmark = pytest.mark.asyncio(loop_scope="session")`.
    """
    async with chromium() as browser:
        yield browser


@contextlib.asynccontextmanager
async def faultless_page(browser: Browser, url: str, **options: Any) -> AsyncIterator[Page]:
    """A page of `url` on which nothing may go wrong, and that may ask nobody else.

    `options` are those of Browser.new_page.
    """
    wrong: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            wrong.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith((url + "/", "data:", "blob:")):
            wrong.append(request.url)

    options = {"viewport": {"width": 1280, "height": 800}, **options}
    page = await browser.new_page(base_url=url, **options)
    page.on("console", said)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", asked)
    yield page
    await page.close()
    assert wrong == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, station: OnAir) -> AsyncIterator[Page]:
    """A page of the station, on which nothing may go wrong."""
    async with faultless_page(browser, station.url) as page:
        yield page


@pytest.fixture
async def http(station: OnAir) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(station.url) as session:
        yield session


async def get(http: aiohttp.ClientSession, path: str) -> Any:
    async with http.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def metric(http: aiohttp.ClientSession, name: str, **labels: str) -> float:
    """One sample of /metrics."""
    async with http.get("/metrics") as answer:
        families = text_string_to_metric_families(await answer.text())
    values = [
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    assert values, f"no sample {name} {labels}"
    return sum(values)


async def until(ask: Callable[[], Awaitable[Any]]) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := await ask()):
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.1)
    return answer
