"""The pages in a real browser: what is heard, what is shown, and that both agree."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.web.conftest import NO_MODEL, OnAir, on_air

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLAYS = """(seconds) =>
  document.documentElement.dataset.state === "playing" && latentfm.audio.currentTime > seconds
"""
STATE_IS = "(state) => document.documentElement.dataset.state === state"
ONLY_AAC = "HTMLMediaElement.prototype.canPlayType = (type) => type === 'audio/aac' ? 'maybe' : ''"
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
