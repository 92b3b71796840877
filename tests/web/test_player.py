"""The player's core in a real browser: every format, true to its place, and back from every cut.

The page is bare, so that nothing but the core is tried; the station broadcasts landmarks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from renderer.pcm import SAMPLE_RATE_HZ
from station.programme import Programme
from station.settings import (
    GeneratorSettings,
    RendererSettings,
    ServerSettings,
    Settings,
    StorageSettings,
)
from station.stream_settings import HlsSettings, StreamSettings
from tests.fonts import FONT
from tests.web.conftest import until
from tests.web.place import BARE, hear, landmark_station, lend_an_ear
from tests.web.wire import wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST_ERROR_MS = 50
BURST_SECONDS = 2
STATE_IS = "(state) => latentfm.player.state === state"
PLAYS = "() => latentfm.player.state === 'playing' && latentfm.heardPosition() !== null"
IS_NEAR = """(frames) => {
  const [live, heard] = [latentfm.broadcast.livePosition(), latentfm.heardPosition()];
  return live !== null && heard !== null && live - heard < frames;
}"""
FORMAT_IS = "(format) => latentfm.player.format === format"
REFUSED = """() => {
  latentfm.audio.play = async () => { throw new DOMException("", "NotAllowedError"); };
  latentfm.player.play();
}"""

# How often 12 frames of the screen are drawn while a canvas is seen, and when it is not.
DRAWS = """async () => {
  const { frames } = await import("/static/frames.js");
  const canvas = document.body.appendChild(document.createElement("canvas"));
  let drawn = 0;
  const stop = frames(canvas, () => (drawn += 1));
  const look = async () => {
    const before = drawn;
    for (let i = 0; i < 12; i++) await new Promise(requestAnimationFrame);
    return drawn - before;
  };
  await look();
  const seen = await look();
  canvas.style.marginTop = "9999px";
  await look();
  const unseen = await look();
  stop();
  canvas.remove();
  return { seen: seen > 0, unseen: unseen > 0 };
}"""


@dataclass(frozen=True, slots=True)
class Landmarks:
    programme: Programme
    url: str


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def landmarks(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Landmarks]:
    folder = tmp_path_factory.mktemp("landmarks")
    settings = Settings(
        server=ServerSettings(host="127.0.0.1", port=0),
        storage=StorageSettings(folder=folder),
        generator=GeneratorSettings(model=folder / "none"),
        renderer=RendererSettings(soundfont=FONT),
        # Opus, whose time does not begin at 0 in Chromium; and few bytes from before we came.
        stream=StreamSettings(mounts=("opus", "mp3"), burst_seconds=BURST_SECONDS),
        hls=HlsSettings(segment_seconds=1, window_seconds=10),
    )
    async with landmark_station(settings) as (programme, url):
        yield Landmarks(programme, url)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def blank(browser: Browser, landmarks: Landmarks) -> AsyncIterator[Page]:
    page = await browser.new_page(base_url=landmarks.url)
    await page.goto("/healthz")
    yield page
    await page.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(blank: Page) -> AsyncIterator[Page]:
    """A page with a player of its own, `latentfm.player`, and nothing else."""
    await blank.evaluate(BARE)
    yield blank
    await blank.evaluate("latentfm.close()")


async def play(page: Page) -> None:
    await page.evaluate("latentfm.player.play()")
    await page.wait_for_function(PLAYS)


async def error_ms(page: Page) -> float:
    """The worst of some looks at what is heard and at what the player says is heard."""
    await page.wait_for_function(PLAYS)
    heard = await hear(page, 0.5)
    return max(map(abs, heard.errors_ms()))


async def test_what_is_heard_is_where_the_player_says_in_every_format(page: Page) -> None:
    await lend_an_ear(page)
    await page.wait_for_function(FORMAT_IS, arg="opus")
    await play(page)
    errors = {"opus": await error_ms(page)}
    await page.evaluate("latentfm.audio.dispatchEvent(new Event('ended'))")
    errors["opus, connected again"] = await error_ms(page)
    for format in ("mp3", "hls"):
        await page.evaluate("(format) => latentfm.player.choose(format)", format)
        await page.wait_for_function(FORMAT_IS, arg=format)
        errors[format] = await error_ms(page)
    assert {name: error for name, error in errors.items() if error > MOST_ERROR_MS} == {}


async def test_a_page_that_slept_comes_back_to_what_is_on_air(
    page: Page, landmarks: Landmarks
) -> None:
    await play(page)
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    slept_at = landmarks.programme.first.position
    await until(lambda: moved(landmarks, slept_at + 3 * BURST_SECONDS * SAMPLE_RATE_HZ))
    await devtools.send("Page.setWebLifecycleState", {"state": "active"})
    await page.wait_for_function(IS_NEAR, arg=2 * BURST_SECONDS * SAMPLE_RATE_HZ)
    assert await page.evaluate("latentfm.player.state") == "playing"


async def moved(landmarks: Landmarks, position: int) -> bool:
    return landmarks.programme.first.position > position


async def test_a_browser_that_wants_a_press_first_leaves_the_button(page: Page) -> None:
    await page.evaluate(REFUSED)
    await page.wait_for_function(STATE_IS, arg="stopped")


async def test_what_nobody_sees_is_not_drawn(page: Page) -> None:
    assert await page.evaluate(DRAWS) == {"seen": True, "unseen": False}


async def test_a_closed_player_lets_go_of_everything(page: Page, landmarks: Landmarks) -> None:
    await play(page)
    await page.evaluate("latentfm.close()")
    await until(lambda: nobody(landmarks))
    await page.evaluate("latentfm.player.play()")
    assert await page.evaluate("latentfm.player.state") == "stopped"


async def nobody(landmarks: Landmarks) -> bool:
    return landmarks.programme.first.listeners == 0


async def test_a_cut_wire_is_survived_without_a_press(
    browser: Browser, landmarks: Landmarks
) -> None:
    async with wire(int(landmarks.url.rpartition(":")[2])) as between:
        page = await browser.new_page(base_url=between.url)
        await page.goto("/healthz")
        await page.evaluate(BARE)
        await play(page)
        between.carries.clear()
        await page.wait_for_function("() => latentfm.player.state !== 'playing'")
        await page.context.set_offline(True)
        await page.wait_for_function(STATE_IS, arg="gone")
        await page.context.set_offline(False)
        between.carries.set()
        await page.wait_for_function(PLAYS)
        await page.close()
