"""Pictures over HTTP, and on the pages that show them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.png import size_of
from tests.web.conftest import OnAir, get, until
from web.artwork import Drawings

NO_PIECE = "0" * 20
DAMAGED = "f" * 20
IN_CHROMIUM = pytest.mark.asyncio(loop_scope="session")
LOADED = "picture => picture.complete && picture.naturalWidth > 0"


async def playing(http: aiohttp.ClientSession) -> Any:
    return (await get(http, "/api/v1/now"))["playing"]["piece"]


@contextlib.contextmanager
def damaged_row(station: OnAir) -> Iterator[None]:
    """A piece whose notes cannot be read, in the archive of the station."""
    path = station.log.parent / "data" / "latentfm.db"
    with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("select * from pieces limit 1").fetchone())
        row |= {"id": DAMAGED, "score": b"no score"}
        names, holes = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        database.execute(f"insert into pieces ({names}) values ({holes})", tuple(row.values()))
        try:
            yield
        finally:
            database.execute("delete from pieces where id = ?", (DAMAGED,))


async def test_the_picture_of_what_plays_is_there_as_soon_as_it_is_named(
    http: aiohttp.ClientSession,
) -> None:
    async with http.get((await playing(http))["links"]["cover"]) as answer:
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")
        assert "immutable" in answer.headers["Cache-Control"]
        assert (await answer.text()).startswith("<svg ")


async def test_any_site_may_show_a_picture_that_can_do_nothing(http: aiohttp.ClientSession) -> None:
    async with http.get((await playing(http))["links"]["cover"]) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_a_picture_that_somebody_has_is_not_sent_again(http: aiohttp.ClientSession) -> None:
    path = (await playing(http))["links"]["cover"]
    async with http.get(path) as answer:
        known = {"If-None-Match": answer.headers["ETag"]}
    async with http.get(path, headers=known) as answer:
        assert (answer.status, await answer.read()) == (304, b"")


@pytest.mark.parametrize(("picture", "size"), [("cover_png", (512, 512)), ("card", (1200, 630))])
async def test_a_piece_has_a_png_of_that_size(
    http: aiohttp.ClientSession, picture: str, size: tuple[int, int]
) -> None:
    async with http.get((await playing(http))["links"][picture]) as answer:
        assert answer.content_type == "image/png"
        assert size_of(await answer.read()) == size


async def test_a_station_has_pictures_with_its_title(http: aiohttp.ClientSession) -> None:
    async with http.get("/api/v1/stations/night/card.png") as answer:
        assert size_of(await answer.read()) == (1200, 630)
    async with http.head("/api/v1/stations/night/cover.svg") as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=3600")


@pytest.mark.parametrize(
    "path", [f"pieces/{NO_PIECE}/cover.svg", f"pieces/{NO_PIECE}/card.png", "stations/x/cover.svg"]
)
async def test_what_is_not_there_has_no_picture(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(f"/api/v1/{path}") as answer:
        assert answer.status == 404
        assert "no " in (await answer.json())["error"]


async def test_a_piece_that_cannot_be_read_has_a_page_that_says_so(
    http: aiohttp.ClientSession, station: OnAir
) -> None:
    async def aired() -> Any:
        return (await get(http, "/api/v1/pieces"))["pieces"]

    await until(aired)
    with damaged_row(station):
        async with http.get(f"/pieces/{DAMAGED}") as answer:
            assert (answer.status, answer.content_type) == (503, "text/html")
            assert "cannot be shown" in await answer.text()


async def archived(page: Page) -> Any:
    """A piece that was on air."""

    async def found() -> Any:
        answer = await page.request.get("/api/v1/pieces")
        return next(iter((await answer.json())["pieces"]), None)

    return await until(found)


@IN_CHROMIUM
async def test_the_page_of_a_piece_shows_its_picture(page: Page) -> None:
    piece = await archived(page)
    await page.goto(piece["links"]["page"])
    assert await page.locator(".piece .cover").evaluate(LOADED)
    icon = page.locator("link[rel=icon]")
    assert (await icon.evaluate("link => link.href")).endswith(piece["links"]["cover"])


@IN_CHROMIUM
async def test_the_archive_is_a_wall_of_pictures(page: Page) -> None:
    await archived(page)
    await page.goto("/pieces")
    await expect(page.locator("#found .cover").first).to_be_visible()
    await page.wait_for_function(f"() => ({LOADED})(document.querySelector('#found .cover'))")


def test_drawings_are_kept_in_so_many_bytes() -> None:
    drawings = Drawings(most_bytes=10)
    for key in ("first", "second", "second", "third"):
        drawings.keep(key, "12345")
    assert [drawings.find(key) for key in ("first", "second", "third")] == [None, "12345", "12345"]
