"""The pages in a real browser: what is heard, what is shown, and that both agree."""

from __future__ import annotations

import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from station.settings import (
    GeneratorSettings,
    RendererSettings,
    ServerSettings,
    Settings,
    StorageSettings,
)
from station.stream_settings import StreamSettings
from tests.fonts import FONT
from tests.web.conftest import NO_MODEL, OnAir, on_air
from tests.web.place import hear, landmark_station, lend_an_ear

pytestmark = pytest.mark.asyncio(loop_scope="module")

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
PLAYS = """(seconds) =>
  document.documentElement.dataset.state === "playing" && latentfm.audio.currentTime > seconds
"""
STATE_IS = "(state) => document.documentElement.dataset.state === state"
ONLY_AAC = "HTMLMediaElement.prototype.canPlayType = (type) => type === 'audio/aac' ? 'maybe' : ''"
KNOWS_WHERE_IT_IS = "() => latentfm.heardPosition() !== null"
KNOWS_WHAT_IS_HEARD = "() => latentfm.nowHeard() !== null"
# The loudest of one second of what the page's own audio element gives, 0..1.
LOUDNESS = """async () => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaElementSource(latentfm.audio).connect(analyser);
  analyser.connect(context.destination);
  const samples = new Float32Array(analyser.fftSize);
  let loudest = 0;
  for (let look = 0; look < 20; look++) {
    await new Promise((done) => setTimeout(done, 50));
    analyser.getFloatTimeDomainData(samples);
    const squares = samples.reduce((sum, each) => sum + each * each, 0);
    loudest = Math.max(loudest, Math.sqrt(squares / samples.length));
  }
  return loudest;
}"""
# Do many pixels of #roll differ from its first one?
DRAWN = """() => {
  const { width, height } = document.getElementById("roll");
  const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(document.getElementById("roll"), 0, 0);
  const pixels = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
  return pixels.filter((pixel) => pixel !== pixels[0]).length > 500;
}"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("the pages are tested in Chromium. Install it: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, station: OnAir) -> AsyncIterator[Page]:
    """A page on which nothing may go wrong, and that may ask nobody but its station."""
    wrong: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            wrong.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith((station.url + "/", "data:", "blob:")):
            wrong.append(request.url)

    page = await browser.new_page(base_url=station.url, viewport={"width": 1280, "height": 800})
    page.on("console", said)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", asked)
    yield page
    await page.close()
    assert wrong == []


async def _plays(page: Page, seconds: float = 1.0) -> None:
    await page.wait_for_function(PLAYS, arg=seconds, timeout=30_000)


async def test_pressing_play_is_heard(page: Page) -> None:
    await page.goto("/")
    await page.click("#play")
    await _plays(page)
    assert await page.evaluate(LOUDNESS) > 0.003


async def test_the_title_is_that_of_the_piece_at_the_heard_position(
    page: Page, station: OnAir
) -> None:
    await page.goto("/")
    await page.click("#play")
    await _plays(page)
    await page.wait_for_function(KNOWS_WHAT_IS_HEARD)
    shown: list[Any] = await page.evaluate(
        "() => [latentfm.heardPosition(), document.getElementById('title').textContent]"
    )
    now = await (await page.request.get("/api/v1/now")).json()
    begun = [each for each in now["recent"] if each["position"] <= shown[0]]
    just_before = [each for each in begun if each["position"] <= shown[0] - 24_000]
    assert shown[1] in {begun[-1]["piece"]["title"], just_before[-1]["piece"]["title"]}
    assert now["position"] - 10 * 48_000 < shown[0] < now["position"]


async def test_what_is_heard_is_where_the_page_says_to_50_ms(
    browser: Browser, tmp_path: Path
) -> None:
    settings = Settings(
        server=ServerSettings(host="127.0.0.1", port=0),
        storage=StorageSettings(folder=tmp_path),
        generator=GeneratorSettings(model=tmp_path / "none"),
        renderer=RendererSettings(soundfont=FONT),
        # Opus, whose time does not begin at 0 in Chromium; and few bytes from before we came.
        stream=StreamSettings(mounts=("opus",), burst_seconds=1),
    )
    async with landmark_station(settings) as (_, url):
        page = await browser.new_page(base_url=url, bypass_csp=True)  # for the ear's own script
        await page.goto("/embed")
        await page.wait_for_function("() => window.latentfm")
        await lend_an_ear(page)
        await page.click("#play")
        await _plays(page)
        await page.wait_for_function(KNOWS_WHERE_IT_IS)
        heard = await hear(page, 1.0)
        await page.close()
    assert max(map(abs, heard.errors_ms())) < 50


async def test_the_page_plays_what_the_browser_can(page: Page) -> None:
    await page.add_init_script(ONLY_AAC)
    await page.goto("/")
    await page.locator("#streams li").first.wait_for()
    await page.click("#play")
    await _plays(page)
    assert "/stream.aac?" in await page.evaluate("latentfm.audio.src")


async def test_the_page_says_whose_sounds_are_heard(page: Page) -> None:
    await page.goto("/")
    credits = page.locator("#credits")
    await credits.get_by_text("Sound font: TimGM6mb").wait_for()
    assert "Tim Brechbill" in await credits.inner_text()
    assert "GPL-2" in await credits.inner_text()


async def test_one_tap_says_that_the_listener_likes_what_is_on(page: Page) -> None:
    await page.goto("/")
    async with page.expect_response("**/rating") as told:
        await page.get_by_role("button", name="I like this piece").click()
    answer = await (await told.value).json()
    assert answer["yours"] == 1
    assert answer["rating"]["likes"] >= 1


async def test_the_space_bar_plays_and_stops(page: Page) -> None:
    await page.goto("/")
    await page.wait_for_function("() => window.latentfm")
    await page.keyboard.press("Space")
    await _plays(page, 0.1)
    assert await page.get_attribute("#play", "aria-pressed") == "true"
    await page.keyboard.press("Space")
    await page.wait_for_function(STATE_IS, arg="stopped")
    assert await page.evaluate("latentfm.audio.paused")


async def test_the_page_draws_what_is_on_before_anybody_listens(page: Page) -> None:
    await page.goto("/")
    await page.wait_for_function(DRAWN)
    await page.get_by_text("Press play to listen").wait_for()


async def test_the_embed_plays_by_itself_when_asked_to(page: Page) -> None:
    await page.set_viewport_size({"width": 400, "height": 120})
    await page.goto("/embed?autoplay=1")
    await _plays(page)
    wide, tall = await page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert (wide, tall) == (400, 120)


@pytest.mark.parametrize(("path", "may"), [("/embed", True), ("/", False)])
async def test_another_site_may_frame_the_embed_only(
    browser: Browser, station: OnAir, path: str, may: bool
) -> None:
    async def other_site(request: web.Request) -> web.Response:
        body = f'<iframe src="{station.url}{path}"></iframe>'
        return web.Response(text=body, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", other_site)
    async with TestServer(app) as server:
        page = await browser.new_page()
        await page.goto(str(server.make_url("/")))
        [frame] = page.main_frame.child_frames
        assert (await frame.query_selector("#play") is not None) == may
        await page.close()


async def test_the_exhibit_draws_and_makes_no_sound(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto("/exhibit")
    await page.wait_for_function(DRAWN)
    await page.wait_for_function("() => document.getElementById('title').textContent")
    assert not [url for url in asked if "/stream." in url]
    assert await page.evaluate("document.querySelectorAll('audio, video').length") == 0


async def test_a_station_that_was_killed_is_heard_again_without_a_press(
    browser: Browser, tmp_path: Path
) -> None:
    with on_air(tmp_path, generator=NO_MODEL) as station:
        port = station.port
        page = await browser.new_page(base_url=station.url)
        await page.goto("/")
        await page.click("#play")
        await _plays(page)
        station.process.send_signal(signal.SIGKILL)
        await page.wait_for_function(STATE_IS, arg="reconnecting")
    with on_air(tmp_path, generator=NO_MODEL, port=port):
        await _plays(page)
        await page.wait_for_function(KNOWS_WHAT_IS_HEARD)
        await page.close()


async def test_a_piece_has_a_page_that_draws_it_and_plays_it(page: Page) -> None:
    await page.goto("/pieces")
    await page.locator("#found a").first.click()
    await page.wait_for_function("() => document.querySelectorAll('#sheet .row path').length > 2")
    bars = await page.get_attribute("#sheet", "aria-valuetext")
    await page.click("#play")
    await page.wait_for_function("() => window.latentfm.audio.currentTime > 0.2", timeout=60_000)
    await page.locator("#sheet").focus()
    for _ in range(3):
        await page.keyboard.press("ArrowRight")
    assert await page.get_attribute("#sheet", "aria-valuetext") != bars
    assert await page.evaluate("document.documentElement.dataset.state") != "stopped"


async def test_what_is_asked_of_the_archive_stands_in_its_address(page: Page) -> None:
    await page.goto("/pieces")
    await page.locator("#found a").first.wait_for()
    await page.fill("#filters [name=tempo]", "900..")
    await page.keyboard.press("Enter")
    await page.get_by_text("No piece is like that.").wait_for()
    assert page.url.endswith("/pieces?tempo=900..")
    await page.go_back()
    await page.locator("#found a").first.wait_for()
    assert await page.input_value("#filters [name=tempo]") == ""
