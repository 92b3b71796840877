"""What pages are made of: small on the way, and not sent twice."""

from __future__ import annotations

import aiohttp
import pytest

FILES = ["/player.js", "/static/face.js", "/static/face.css", "/static/favicon.svg"]


@pytest.mark.parametrize("path", FILES)
async def test_what_was_sent_once_is_not_sent_again(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as first:
        assert (first.status, first.headers["Cache-Control"]) == (200, "no-cache")
        tag = first.headers["ETag"]
    async with http.get(path, headers={"If-None-Match": tag}) as again:
        assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("path", FILES)
async def test_it_comes_pressed_to_those_who_can_read_that(
    http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(path, headers={"Accept-Encoding": "identity"}) as answer:
        plain = await answer.read()
        assert "Content-Encoding" not in answer.headers
    asked = http.get(path, headers={"Accept-Encoding": "gzip"})
    async with asked as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert int(answer.headers["Content-Length"]) < len(plain)
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert await answer.read() == plain


@pytest.mark.parametrize(
    "path",
    [
        "/static/index.html",
        "/static/nothing.js",
        "/static/scenes",
        "/static/%00",
        "/static/",
        "/static/" + 300 * "a",
    ],
)
async def test_nothing_else_is_there(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as answer:
        assert answer.status == 404
