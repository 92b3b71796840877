"""The listener's page: what it shows and offers, and that a keyboard is enough for it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.async_api import Browser, Page

from tests.web.conftest import OnAir, faultless_page, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLAYS = """() => document.documentElement.dataset.state === "playing"
  && latentfm.audio.currentTime > 0.1"""
SHOWS_A_PIECE = "() => !document.getElementById('about').hidden"
HAS_FORMATS = "() => document.getElementById('format').options.length > 2"
WALKS = """() => document.getElementById("map").dataset.walks === "true"
  && document.getElementById("where").textContent.startsWith("In latent space: ")"""
FOCUSED = "(selector) => document.activeElement.matches(selector)"
MOST_TABS = 60  # what played before has three links for each of twelve pieces


async def tab_to(page: Page, selector: str) -> None:
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if await page.evaluate(FOCUSED, selector):
            return
    raise AssertionError(f"no Tab leads to {selector}")


async def test_a_keyboard_is_enough_to_play_rate_and_choose_a_format(page: Page) -> None:
    await page.goto("/")
    await page.wait_for_function(SHOWS_A_PIECE)
    await page.wait_for_function(HAS_FORMATS)
    await tab_to(page, ".rate")
    async with page.expect_response("**/rating") as told:
        await page.keyboard.press("Enter")
    assert (await (await told.value).json())["yours"] == 1
    await tab_to(page, "#play")
    await page.keyboard.press("Space")
    await page.wait_for_function(PLAYS, timeout=30_000)
    before = await page.evaluate("latentfm.player.format")
    await tab_to(page, "#format")
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowUp")
    assert await page.evaluate("latentfm.player.format") != before
    await page.wait_for_function(PLAYS, timeout=30_000)


async def test_the_keyboard_stays_where_it_is_when_another_piece_begins(
    page: Page, station: OnAir
) -> None:
    await page.goto("/")
    await page.focus("#history a")
    row = "document.activeElement.closest('li')?.dataset.key"
    before = await page.evaluate(row)
    await page.request.post("/api/v1/skip", headers=station.operator)
    await page.wait_for_function(
        "(before) => document.querySelector('#history li').dataset.key !== before", arg=before
    )
    assert await page.evaluate(row) == before


async def test_a_format_that_was_chosen_is_there_at_the_next_visit(page: Page) -> None:
    await page.goto("/")
    await page.wait_for_function(HAS_FORMATS)
    await page.select_option("#format", "flac")
    await page.reload()
    await page.wait_for_function(HAS_FORMATS)
    assert await page.input_value("#format") == "flac"
    assert await page.evaluate("latentfm.player.format") == "flac"


async def test_the_browser_keeps_nothing_but_choices(page: Page) -> None:
    await page.goto("/")
    await page.wait_for_function(HAS_FORMATS)
    await page.select_option("#format", "flac")
    kept: list[str] = await page.evaluate("Object.keys(localStorage)")
    assert set(kept) <= {"latentfm.volume", "latentfm.format", "latentfm.keys"}
    assert await page.context.cookies() == []


async def test_the_map_shows_and_says_where_the_music_is(page: Page, station: OnAir) -> None:
    async def of_the_model() -> bool:  # the first pieces are made by rule
        now = await (await page.request.get("/api/v1/now")).json()
        if now["waypoint"] and not now["playing"]["piece"]["walk"]:
            await page.request.post("/api/v1/skip", headers=station.operator)
        return bool(now["playing"]["piece"]["walk"])

    await until(of_the_model)
    await page.goto("/")
    await page.wait_for_function(WALKS, timeout=30_000)
    await page.get_by_role("img", name="In latent space").wait_for()
    assert "deep" in str(await page.text_content("#map .signs"))


async def test_the_walk_is_at_the_place_of_a_bar_when_that_bar_begins(page: Page) -> None:
    await page.goto("/")
    places: list[Any] = await page.evaluate("""async () => {
      const { walkAt } = await import("/static/walk.js");
      const bars = [[0, 0], [1, 0], [1, 1]];
      const piece = { walk: { bars }, steps: 48, tempo_qpm: 120, tempo_end_qpm: 120 };
      const at = (seconds) => walkAt({ piece, position: 0 }, 48_000 * seconds, [0, 1]).place;
      return [0, 0.9, 2, 4, 5.9999].map(at); // a bar of 120 bpm lasts 2 seconds
    }""")
    assert places[:4] == [[0, 0], [0, 0], [1, 0], [1, 1]]
    assert places[4] == pytest.approx([0, 1], abs=1e-3)


async def test_what_comes_next_is_told_with_the_way_there(page: Page) -> None:
    await page.goto("/")
    said: list[str] = await page.evaluate("""async () => {
      const { showNext } = await import("/static/next.js");
      const { Timeline } = await import("/static/timeline.js");
      const tempo = { tempo_qpm: 120, tempo_end_qpm: 120 };
      const piece = { id: "a", key: "A minor", steps: 640, seconds: 80, ...tempo };
      const bridge = { origin: "bridge", title: "Here → There", parents: ["a", "b"], steps: 64 };
      const timeline = new Timeline();
      timeline.sync([{ position: 0, frames: 80 * 48_000, piece }], bridge);
      const waypoint = { id: "b", title: "There", key: "C major", tempo_qpm: 96 };
      showNext(timeline, timeline.at(0), 38 * 48_000, waypoint);
      return ["next", "next-when", "next-way"].map((id) => document.getElementById(id).textContent);
    }""")
    assert said == [
        "There",
        "In 0:42, over a bridge of 4 bars",
        "From A minor to C major, from 120 to 96 bpm",
    ]


async def test_sharing_copies_the_address_of_the_piece_for_ever(page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto("/")
    await page.wait_for_function(SHOWS_A_PIECE)
    await page.click("#share")
    await page.get_by_text("Link copied").wait_for()
    copied: str = await page.evaluate("navigator.clipboard.readText()")
    now = await (await page.request.get("/api/v1/now")).json()
    assert copied in [page.url + each["piece"]["links"]["page"][1:] for each in now["recent"]]


async def test_an_address_that_must_be_copied_by_hand_stays(page: Page) -> None:
    await page.clock.install()
    await page.goto("/?station=night&mount=flac")
    await page.wait_for_function(HAS_FORMATS)
    await page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }"
    )
    await page.click("#share-station")
    await page.clock.run_for(10_000)
    assert await page.inner_text("#station-shared") == page.url.removesuffix("&mount=flac")


async def test_the_choice_of_formats_says_what_is_played(page: Page) -> None:
    await page.goto("/?mount=opus-tagged")
    await page.wait_for_function(HAS_FORMATS)
    assert await page.input_value("#format") == await page.evaluate("latentfm.player.format")
    assert await page.evaluate("Object.keys(localStorage)") == []


async def test_m_mutes_until_somebody_wants_their_keys_back(page: Page) -> None:
    await page.goto("/")
    await page.wait_for_function("() => window.latentfm")
    await page.keyboard.press("m")
    assert await page.evaluate("latentfm.audio.muted")
    await page.get_by_text("Keyboard").click()
    await page.uncheck("#keys")
    await page.locator("#keys").blur()
    await page.keyboard.press("m")
    assert await page.evaluate("latentfm.audio.muted")


async def test_the_narrowest_phone_scrolls_one_way_only(browser: Browser, station: OnAir) -> None:
    size = {"width": 320, "height": 568}
    async with faultless_page(browser, station.url, viewport=size) as page:
        await page.goto("/")
        await page.wait_for_function(SHOWS_A_PIECE)
        wide: int = await page.evaluate("document.documentElement.scrollWidth")
    assert wide == 320


async def test_the_station_can_be_put_on_a_home_screen(page: Page) -> None:
    await page.goto("/?station=night")
    href = await page.get_attribute("link[rel=manifest]", "href")
    address = urljoin(page.url, href)
    manifest = await (await page.request.get(address)).json()
    assert manifest["name"] == "Night"
    assert urljoin(address, manifest["start_url"]) == page.url
    for icon in manifest["icons"]:
        assert (await page.request.get(urljoin(address, icon["src"]))).status == 200
