"""The exhibit's wall in a real browser: what it shows, when it is dark, and that it lasts."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, Page

from tests.web.conftest import OnAir, faultless_page
from tests.web.evening import Evening, recorded

pytestmark = pytest.mark.asyncio(loop_scope="session")

SMALL = {"width": 320, "height": 180}
SCENES = ("sky", "roll", "walk", "score", "words")
CLOCK = Path(__file__).with_name("clock.js")
SCENE_IS = "(name) => window.latentfm?.scene() === name"
DARKNESS = "() => [document.documentElement.className, latentfm.draws()]"
WEEK_HOURS = 7 * 24
BRIGHT = 0.5
# Two hours at a time, with all their pieces; at four in the morning the page would begin anew.
HOURS = """async (hours) => {
  Date.prototype.getHours = () => 12;
  for (let hour = 0; hour < hours; hour += 2) await pass(7_200, 3);
}"""


@contextlib.asynccontextmanager
async def wall(
    browser: Browser, evening: Evening, query: str = "", **options: Any
) -> AsyncIterator[Page]:
    """A page of the exhibit on an evening; its clock goes only where a test sets it."""
    options = {"viewport": SMALL, "timezone_id": "UTC", **options}
    async with evening.open() as url, faultless_page(browser, url, **options) as page:
        await page.add_init_script(path=CLOCK)
        await page.goto(f"/exhibit{query}")
        await pass_by(page, 5)
        yield page


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def lit(browser: Browser) -> AsyncIterator[tuple[Page, Evening]]:
    """One wall for many tests, each of which leaves it as it was: a page takes a while to open."""
    evening = Evening(seconds=60, scene_seconds=60)
    async with wall(browser, evening) as page:
        yield page, evening


async def pass_by(page: Page, seconds: float, frames: int = 3) -> None:
    await page.evaluate("([seconds, frames]) => pass(seconds, frames)", [seconds, frames])


async def picture(page: Page) -> np.ndarray:
    """How bright the wall is, 0..1, (height, width)."""
    with av.open(io.BytesIO(await page.screenshot()), "r") as container:
        grey: np.ndarray = next(container.decode(video=0)).to_ndarray(format="gray8")
    return grey / 255


async def test_the_exhibit_draws_what_a_station_plays_and_makes_no_sound(
    page: Page, station: OnAir
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto("/exhibit?scene=sky")
    await page.wait_for_function(SCENE_IS, arg="sky")
    await page.wait_for_function("() => document.querySelector('#words .title').textContent")
    assert (await picture(page)).max() > 0.3
    assert not [url for url in asked if "/stream" in url]
    assert await page.evaluate("document.querySelectorAll('audio, video').length") == 0


async def test_each_scene_draws_the_music(lit: tuple[Page, Evening]) -> None:
    page, _ = lit
    brightest: dict[str, float] = {}
    moved: dict[str, float] = {}  # share of the wall, from one look to the next
    for _ in range(5 * len(SCENES)):
        before = await picture(page)
        await pass_by(page, 17)
        after = await picture(page)
        scene = await page.evaluate("latentfm.scene()")
        share = np.mean(np.abs(before - after) > 0.05)
        brightest[scene] = max(brightest.get(scene, 0), after.max())
        moved[scene] = max(moved.get(scene, 0), float(share))
    assert brightest.keys() == {*SCENES, "invitation"}
    assert min(brightest.values()) > 0.4, brightest
    assert min(moved.values()) > 0.001, moved


async def test_the_wall_shows_what_the_room_hears_at_that_moment(lit: tuple[Page, Evening]) -> None:
    page, evening = lit
    for delay_ms in (0.0, 180.0, -40.0):
        evening.turn(heard_delay_ms=delay_ms)
        for _ in range(8):  # it leans towards a new delay, and does not jump
            await pass_by(page, 2)
        heard = evening.position - delay_ms * 48
        frame_ms = 3 * 1_000 / 60  # that were drawn since
        assert abs(await page.evaluate("latentfm.position()") / 48 - heard / 48 - frame_ms) < 20
    evening.turn(heard_delay_ms=0.0)


@pytest.mark.parametrize("needed", ["display", "open"])
async def test_the_wall_is_black_and_draws_nothing_while_off_or_closed(
    lit: tuple[Page, Evening], needed: str
) -> None:
    page, evening = lit
    evening.turn(**{needed: False})
    await pass_by(page, 1)
    await pass_by(page, 2)
    assert await page.evaluate(DARKNESS) == ["dark", False]
    evening.turn(**{needed: True})
    await pass_by(page, 2)
    assert await page.evaluate(DARKNESS) == ["", True]


async def test_a_room_that_rests_is_invited_and_not_played_to(lit: tuple[Page, Evening]) -> None:
    page, evening = lit
    evening.turn(paused=True)
    await pass_by(page, 2)
    assert await page.evaluate("latentfm.scene()") == "invitation"
    evening.turn(paused=False)
    await pass_by(page, 2)
    assert await page.evaluate("latentfm.scene()") != "invitation"


async def test_a_silent_station_leaves_the_night_and_is_found_again(
    lit: tuple[Page, Evening],
) -> None:
    page, evening = lit
    evening.silent = True
    await page.evaluate("wait(30)")
    assert await page.evaluate("latentfm.scene()") == "night"
    assert await page.evaluate("document.querySelector('#words').className") == ""
    evening.silent = False
    evening.hang_up()
    await page.evaluate("until(() => latentfm.broadcast.online)")
    await pass_by(page, 2)
    assert await page.evaluate("latentfm.scene()") != "night"


async def test_a_new_version_of_the_pages_is_taken_from_black_to_black(
    lit: tuple[Page, Evening],
) -> None:
    page, evening = lit
    evening.version, opened = "2", evening.opened
    evening.hang_up()
    await page.evaluate("until(() => document.documentElement.className === 'dark')")
    assert evening.opened == opened
    await begins_anew(page)


async def test_an_old_page_begins_anew_at_night(lit: tuple[Page, Evening]) -> None:
    page, _ = lit
    await pass_by(page, 10.2 * 3_600)  # from 18:00; four in the morning, and not a day old
    assert await page.evaluate(DARKNESS) == ["", True]
    await pass_by(page, 24 * 3_600)
    assert await page.evaluate(DARKNESS) == ["dark", True]
    await begins_anew(page)


async def begins_anew(page: Page) -> None:
    async with page.expect_event("load"):
        await page.evaluate("wait(3)")
    await page.wait_for_function("() => window.latentfm", polling=20)
    await pass_by(page, 5)
    assert await page.evaluate(DARKNESS) == ["", True]


async def test_a_week_leaves_no_more_in_memory_than_a_day(browser: Browser) -> None:
    evening = Evening(scene_seconds=600)
    async with wall(browser, evening) as page:
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Performance.enable")
        await page.evaluate(HOURS, 24)  # every scene was up, and the timeline is full
        before = await held(devtools)
        await page.evaluate(HOURS, WEEK_HOURS)
        after = await held(devtools)
    assert evening.opened == 1
    assert evening.number_at(evening.position) > 5_000  # pieces
    assert after["JSHeapUsedSize"] < 1.1 * before["JSHeapUsedSize"]
    for name in ("Nodes", "JSEventListeners", "Documents"):
        assert after[name] <= before[name] + 2, name


async def held(devtools: CDPSession, *, collect: bool = True) -> dict[str, float]:
    """What a page keeps once its garbage is gone."""
    for _ in range(3 if collect else 0):
        await devtools.send("HeapProfiler.collectGarbage")
    metrics = (await devtools.send("Performance.getMetrics"))["metrics"]
    return {metric["name"]: metric["value"] for metric in metrics}


async def test_no_pixel_is_bright_for_long(lit: tuple[Page, Evening]) -> None:
    page, _ = lit
    luck = random.Random(3)
    looks = []
    for _ in range(40):  # of a day, at any time
        await pass_by(page, luck.uniform(0, 4_300))
        looks.append(await picture(page) > BRIGHT)
    assert np.mean(looks, axis=0).max() < 0.25


RULES = """async ({ pieces, words }) => {
  const load = (name) => import(new URL(`static/${name}.js`, document.baseURI));
  const { notate, spell } = await load("scenes/notation");
  const { Rotation } = await load("wall/rotation");
  const { Edge } = await load("wall/edge");
  const filled = pieces.flatMap((piece) => ["melody", "bass", "drums"].flatMap((part) =>
    notate(piece)[part].bars.map((bar) => bar.reduce((sum, event) => sum + event.steps, 0))));
  const LETTERS = [0, 2, 4, 5, 7, 9, 11];
  const keys = pieces.flatMap(({ key }) => key);
  const spelt = keys.flatMap((key) => Array.from({ length: 61 }, (_, i) => {
    const { place, accidental } = spell(36 + i, key);
    return 12 * (Math.floor(place / 7) + 1) + LETTERS[place % 7] + accidental - (36 + i);
  }));
  const rotation = new Rotation(["sky", "roll"], 10);
  const turns = [];
  for (let ms = 0; ms < 200_000; ms += 100) {
    const name = rotation.at(ms, Math.floor(ms / 2_300));
    if (name !== turns.at(-1)?.name) turns.push({ name, ms });
  }
  const edge = new Edge();
  const errors = words.map(([sentMs, ahead, lateMs]) => {
    edge.hear({
      position: 48 * (sentMs + ahead),
      utc: new Date(sentMs + ahead).toISOString(),
      sent: new Date(sentMs).toISOString(),
    }, sentMs + lateMs);
    return edge.at(sentMs + lateMs) / 48 - (sentMs + lateMs);
  });
  return { filled, spelt, turns, errors };
}"""


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def rules(lit: tuple[Page, Evening]) -> dict[str, Any]:
    """What the wall's pure parts make of some input, by name."""
    luck = random.Random(7)
    # When the station said its clock, how far it had published, how long it took to come: ms.
    words = [[5_000 * i, luck.uniform(0, 500), luck.expovariate(1 / 60)] for i in range(200)]
    page, _ = lit
    found: dict[str, Any] = await page.evaluate(RULES, {"pieces": list(recorded()), "words": words})
    return found


async def test_every_bar_of_the_score_is_full(rules: dict[str, Any]) -> None:
    assert set(rules["filled"]) == {16}


async def test_a_pitch_that_is_spelt_is_the_same_pitch(rules: dict[str, Any]) -> None:
    assert set(rules["spelt"]) == {0}


async def test_scenes_change_in_turn_and_on_bar_lines(rules: dict[str, Any]) -> None:
    names = [turn["name"] for turn in rules["turns"]]
    assert names[:4] == ["sky", "roll", "invitation", "sky"]
    since_bar_line = [turn["ms"] % 2_300 for turn in rules["turns"][1:]]
    assert max(since_bar_line) < 100


async def test_a_jittery_network_hardly_moves_the_position(rules: dict[str, Any]) -> None:
    settled = rules["errors"][12:]
    assert max(map(abs, settled)) < 50
    assert np.median(np.abs(settled)) < 10
