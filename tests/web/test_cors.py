"""What pages of other sites may read, and what they may not."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser

from tests.web.conftest import OnAir

READABLE = [
    "/stream.mp3",
    "/stations/night/stream.opus",
    "/listen.m3u",
    "/status-json.xsl",
    "/api/v1/now",
    "/player.js",
    "/static/face.js",
]
PREFLIGHT = {
    "Origin": "https://elsewhere.example",
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "icy-metadata, range",
}


@pytest.mark.parametrize("path", READABLE)
async def test_another_site_may_read_what_is_broadcast(
    http: aiohttp.ClientSession, path: str
) -> None:
    async with http.options(path, headers=PREFLIGHT) as answer:
        assert (answer.status, await answer.read()) == (204, b"")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
        assert {"icy-metadata", "range"} <= set(allowed)
        assert int(answer.headers["Access-Control-Max-Age"]) > 0
    async with http.head(path) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("path", ["/stream.wma", "/listen.m3u?station=x", "/api/v1/pieces/x"])
async def test_another_site_may_read_why_it_got_nothing(
    http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(path) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (404, "*")


@pytest.mark.parametrize("path", ["/api/v1/controls", "/api/v1/skip"])
async def test_another_site_may_not_operate(http: aiohttp.ClientSession, path: str) -> None:
    async with http.options(path, headers=PREFLIGHT) as answer:
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
        assert "authorization" not in answer.headers["Access-Control-Allow-Headers"].lower()


@pytest.mark.parametrize(("path", "status"), [("/", 405), ("/metrics", 405), ("/stream/x", 404)])
async def test_nothing_else_is_open(http: aiohttp.ClientSession, path: str, status: int) -> None:
    async with http.options(path, headers=PREFLIGHT) as answer:
        assert answer.status == status
        assert "Access-Control-Allow-Methods" not in answer.headers


async def test_a_public_page_may_play_the_station_in_the_house(
    http: aiohttp.ClientSession,
) -> None:
    asked = {"Access-Control-Request-Private-Network": "true"}
    async with http.options("/stream.mp3", headers=PREFLIGHT | asked) as answer:
        assert answer.headers["Access-Control-Allow-Private-Network"] == "true"


READ_TITLES = """async (url) => {
    const answer = await fetch(url, {headers: {"Icy-MetaData": "1", "Range": "bytes=0-"}});
    const reader = answer.body.getReader();
    const {value} = await reader.read();
    await reader.cancel();
    return [answer.headers.get("icy-metaint"), answer.headers.get("icy-br"), value.length > 0];
}"""


@pytest.mark.asyncio(loop_scope="session")
async def test_a_browser_reads_titles_from_another_origin(browser: Browser, station: OnAir) -> None:
    """Its preflight included: a page at localhost asks 127.0.0.1."""
    page = await browser.new_page()
    await page.goto(f"http://localhost:{station.port}/healthz")
    read: Any = await page.evaluate(READ_TITLES, f"{station.url}/stream.mp3")
    await page.close()
    assert read == ["16000", "128", True]
