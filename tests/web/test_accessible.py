"""No page shuts anybody out: axe-core finds nothing, by WCAG 2.2 AA and by good practice."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it is
from playwright.async_api import Browser, Page

from tests.web.conftest import OnAir, faultless_page, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
UNFOLD = "document.querySelectorAll('details').forEach((each) => (each.open = true))"
SHOWN = {  # what is there once a page is more than its frame
    "/": "#about",
    "/pieces": "#found a",
    "/embed": "button",
    "/embed/builder": "#preview *",
    "/exhibit": "#words .title",
}


async def found_by_axe(page: Page) -> list[str]:
    answer = await Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    found: list[dict[str, Any]] = answer.response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize(
    ("path", "colours", "size"),
    [
        ("/", "dark", DESK),
        ("/", "light", PHONE),
        ("/pieces", "light", DESK),
        ("/embed", "light", PHONE),
        ("/embed/builder", "dark", DESK),
        ("/exhibit", "dark", DESK),
    ],
)
async def test_a_page_is_for_everybody(
    browser: Browser, station: OnAir, path: str, colours: str, size: dict[str, int]
) -> None:
    looks = {"color_scheme": colours, "viewport": size}
    async with faultless_page(browser, station.url, **looks) as page:
        await page.goto(path)
        await page.locator(SHOWN[path]).first.wait_for(state="attached")
        await page.evaluate(UNFOLD)
        assert await found_by_axe(page) == []


async def test_the_page_of_a_piece_is_for_everybody(browser: Browser, station: OnAir) -> None:
    async with faultless_page(browser, station.url, color_scheme="dark") as page:

        async def aired() -> list[Any]:
            answer = await page.request.get("/api/v1/history?limit=1")
            airings: list[Any] = (await answer.json())["airings"]
            return airings

        [airing] = await until(aired)
        await page.goto(airing["piece"]["links"]["page"])
        await page.locator("#sheet .row").first.wait_for()
        assert await found_by_axe(page) == []
