"""Our player on other people's pages, in a real browser."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Frame, Page

from tests.web.conftest import OnAir
from tests.web.foreign import foreign_site, strictest
from tests.web.listening import listen
from tests.web.wire import wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

ELEMENT = '<{script} src="{radio}/player.js"></script><latent-fm {said}>{inside}</latent-fm>'
LINK = '<a href="/stream.mp3">Listen</a>'
IS_THERE = "() => document.querySelector('latent-fm')?.player"
STATE_IS = "(state) => document.querySelector('latent-fm').state === state"
PLAYS = """() => {
  const { state, player } = document.querySelector("latent-fm");
  return state === "playing" && player.audio.currentTime > 0.3;
}"""
# The loudest of what it plays, 0..1, once that is anything. An element that plays what is of
# another origin is silent to scripts, unless it asks with CORS.
OPEN_TO_SCRIPTS = "document.querySelector('latent-fm').player.audio.crossOrigin = 'anonymous'"
LOUDNESS = """async () => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const { audio } = document.querySelector("latent-fm").player;
  context.createMediaElementSource(audio).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let loudest = 0;
  for (let look = 0; look < 100 && loudest < 0.003; look++) {
    await new Promise((done) => setTimeout(done, 50));
    analyser.getFloatTimeDomainData(samples);
    loudest = Math.max(...samples.map(Math.abs));
  }
  return loudest;
}"""


@contextlib.asynccontextmanager
async def visit(browser: Browser, url: str, **options: Any) -> AsyncIterator[Page]:
    """A page on which a browser has nothing to complain about."""
    wrong: list[str] = []
    page = await browser.new_page(**options)
    page.on("console", lambda said: wrong.append(said.text) if said.type != "log" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    await page.goto(url)
    yield page
    await page.close()
    assert wrong == []


async def test_it_plays_on_another_site_that_allows_next_to_nothing(
    browser: Browser, station: OnAir
) -> None:
    said = "show='roll cover'"
    body = ELEMENT.format(script="script async", radio=station.url, said=said, inside=LINK)
    isolated = {"Cross-Origin-Embedder-Policy": "require-corp"}
    async with (
        foreign_site(body, strictest(station.url), **isolated) as site,
        visit(browser, site) as page,
    ):
        await page.wait_for_function(IS_THERE)
        await page.evaluate(OPEN_TO_SCRIPTS)
        await page.click("#play")
        await page.wait_for_function(PLAYS)
        assert await page.evaluate(LOUDNESS) > 0.003
        now = await (await page.request.get(f"{station.url}/api/v1/now")).json()
        titles = {each["piece"]["title"] for each in now["recent"]}
        assert await page.inner_text("#title") in titles
        assert await page.locator("#roll").count() == 1


async def test_it_survives_a_cut_network_without_a_press(browser: Browser, station: OnAir) -> None:
    async with wire(station.port) as between:
        body = ELEMENT.format(script="script type=module", radio=between.url, said="", inside="")
        async with foreign_site(body) as site:
            page = await browser.new_page()
            await page.goto(site)
            await page.click("#play")
            await page.wait_for_function(PLAYS)
            between.drop()
            await page.wait_for_function(STATE_IS, arg="reconnecting")
            await page.wait_for_function(PLAYS)
            await page.close()


async def test_a_script_that_did_not_come_is_asked_for_again(
    browser: Browser, station: OnAir
) -> None:
    body = ELEMENT.format(script="script async", radio=station.url, said="", inside="")
    async with foreign_site(body) as site:
        page = await browser.new_page()
        await page.route("**/static/face.js*", lambda route: route.abort(), times=1)
        await page.goto(site)
        await page.wait_for_function(IS_THERE)
        await page.close()


async def test_without_scripts_it_is_a_link(browser: Browser, station: OnAir) -> None:
    body = ELEMENT.format(script="script async", radio=station.url, said="", inside=LINK)
    async with (
        foreign_site(body) as site,
        visit(browser, site, java_script_enabled=False) as page,
    ):
        assert await page.get_by_role("link", name="Listen").is_visible()


async def test_it_takes_on_the_pages_colours_and_styles(browser: Browser, station: OnAir) -> None:
    said = 'theme="light" ground="#ffeedd" class="mine"'
    style = "<style>.mine::part(title) { letter-spacing: 3px }</style>"
    body = style + ELEMENT.format(script="script async", radio=station.url, said=said, inside="")
    async with foreign_site(body) as site, visit(browser, site) as page:
        await page.wait_for_function(IS_THERE)
        look = "(element) => getComputedStyle(element)"
        player, title = page.locator("#player"), page.locator("#title")
        assert await player.evaluate(f"{look}.backgroundColor") == "rgb(255, 238, 221)"
        assert await title.evaluate(f"{look}.letterSpacing") == "3px"
        element = page.locator("latent-fm")
        await element.evaluate("(element) => element.setAttribute('ground', 'red; x: y')")
        assert await player.evaluate(f"{look}.backgroundColor") == "rgb(247, 244, 237)"


async def test_a_player_that_leaves_the_page_falls_silent(browser: Browser, station: OnAir) -> None:
    body = ELEMENT.format(script="script async", radio=station.url, said="autoplay", inside="")
    async with foreign_site(body) as site, visit(browser, site) as page:
        await page.wait_for_function(PLAYS)
        gone = """async () => {
          const element = document.querySelector("latent-fm");
          globalThis.audio = element.player.audio;
          document.body.append(element);
          await null; await null; // as long as it waits before it believes that it left
          globalThis.moved = element.state;
          element.remove();
        }"""
        await page.evaluate(gone)
        await page.wait_for_function("() => audio.paused")
        assert await page.evaluate("moved") == "playing"


async def framed(page: Page) -> Frame:
    [frame] = page.main_frame.child_frames
    await frame.wait_for_function(IS_THERE)
    return frame


async def test_a_frame_without_an_origin_plays_and_asks_its_host_to_follow_links(
    browser: Browser, station: OnAir
) -> None:
    """As WordPress frames it."""
    source = f"{station.url}/embed#?secret=abcdefghij"
    body = (
        f'<iframe sandbox="allow-scripts" src="{source}"></iframe><script>'
        "addEventListener('message', ({data}) => (globalThis.told = data))</script>"
    )
    async with foreign_site(body) as site, visit(browser, site) as page:
        frame = await framed(page)
        assert await frame.evaluate("origin") == "null"
        await frame.click("#play")
        await frame.wait_for_function(PLAYS)
        await frame.click("#link")
        await page.wait_for_function("() => globalThis.told")
        assert await page.evaluate("told") == {
            "message": "link",
            "value": f"{station.url}/",
            "secret": "abcdefghij",
        }


async def test_no_other_page_of_ours_is_seen_in_a_frame(browser: Browser, station: OnAir) -> None:
    async with foreign_site(f'<iframe src="{station.url}/"></iframe>') as site:
        page = await browser.new_page()
        await page.goto(site)
        [frame] = page.main_frame.child_frames
        assert await frame.locator("#play").count() == 0
        await page.close()


async def some_sound(station: OnAir) -> bytes:
    async with listen(station.port, "/stream.mp3") as stream:
        return await stream.read(60_000)


async def piece_with_sound(page: Page, station: OnAir) -> dict[str, Any]:
    """A piece whose file is there at once; it takes long to make."""
    sound = await some_sound(station)
    now = await (await page.request.get(f"{station.url}/api/v1/now")).json()
    piece: dict[str, Any] = now["playing"]["piece"]
    file = f"{station.url}/api/v1/pieces/{piece['id']}.mp3"
    await page.route(file, lambda route: route.fulfill(body=sound, content_type="audio/mpeg"))
    return piece


async def test_a_piece_plays_by_itself_where_it_is_asked_to(
    browser: Browser, station: OnAir
) -> None:
    async with visit(browser, "about:blank") as page:
        piece = await piece_with_sound(page, station)
        await page.goto(f"{station.url}/embed?piece={piece['id']}&autoplay=1")
        await page.wait_for_function(PLAYS)


async def test_a_frame_plays_one_piece(browser: Browser, station: OnAir) -> None:
    async with visit(browser, "about:blank") as page:
        piece = await piece_with_sound(page, station)
        await page.goto(f"{station.url}/embed?piece={piece['id']}")
        await page.get_by_text("Press play to listen").wait_for()
        assert await page.inner_text("#title") == piece["title"]
        await page.click("#play")
        await page.wait_for_function(PLAYS)
        await page.get_by_text("0:01 / ").wait_for()
        await page.evaluate("latentfm.audio.currentTime = 3")
        await page.wait_for_function("() => latentfm.state === 'stopped'")  # at its end


async def test_the_builders_element_is_the_one_that_is_seen(page: Page, station: OnAir) -> None:
    await page.goto("/embed/builder")
    await page.select_option("#station", "night")
    await page.check("[name=theme][value=light]")
    await page.check("[name=coloured]")
    await page.fill("[name=ground]", "#102030")
    await page.get_by_text("hard to read").wait_for()
    address = await page.inner_text("#link")
    assert address.startswith(f"{station.url}/embed?station=night&theme=light&ground=102030&")
    assert address.replace("&", "&amp;") in await page.inner_text("#frame")
    shown = await page.locator("#preview latent-fm").get_attribute("ground")
    assert f'ground="{shown}"' in await page.inner_text("#element")
