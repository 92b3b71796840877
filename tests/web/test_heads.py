"""What others make of a link to us."""

from __future__ import annotations

from html.parser import HTMLParser

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.conftest import OnAir, get
from web.heads import Head, with_head

PROXIED = {"Host": "radio.example", "X-Forwarded-Proto": "https"}


class Reader(HTMLParser):
    """The properties a page says it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("property") or found.get("name")
        if tag == "meta" and name:
            self.said[name] = found.get("content") or ""


async def said(http: aiohttp.ClientSession, path: str) -> dict[str, str]:
    async with http.get(path, headers=PROXIED) as answer:
        assert answer.status == 200
        return Reader(await answer.text()).said


@pytest.mark.parametrize("path", ["/", "/embed"])
async def test_a_link_to_a_station_shows_its_title_picture_and_player(
    http: aiohttp.ClientSession, path: str
) -> None:
    shown = await said(http, f"{path}?station=night")
    radio = "https://radio.example"
    assert shown["og:title"] == "Night"
    assert shown["og:url"] == f"{radio}/?station=night"
    assert shown["og:image"] == f"{radio}/api/v1/stations/night/card.png"
    assert shown["og:audio"] == f"{radio}/stations/night/stream.mp3"
    assert shown["twitter:player"] == f"{radio}/embed?station=night"


@pytest.mark.parametrize("path", ["/pieces/{id}", "/embed?piece={id}"])
async def test_a_link_to_a_piece_shows_that_piece(http: aiohttp.ClientSession, path: str) -> None:
    piece = (await get(http, "/api/v1/now"))["playing"]["piece"]
    shown = await said(http, path.format(**piece))
    assert shown["og:title"] == piece["title"]
    assert piece["key"] in shown["og:description"]
    assert shown["og:audio"] == f"https://radio.example/api/v1/pieces/{piece['id']}.mp3"
    assert shown["og:url"] == f"https://radio.example/pieces/{piece['id']}"
    assert shown["music:duration"] == str(round(piece["seconds"]))


async def test_without_https_no_player_is_offered(
    http: aiohttp.ClientSession, station: OnAir
) -> None:
    async with http.get("/") as answer:
        shown = Reader(await answer.text()).said
    assert shown["og:url"] == f"{station.url}/"
    assert (shown["twitter:card"], "twitter:player" in shown) == ("summary_large_image", False)


@given(title=st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_no_title_ends_the_head(title: str) -> None:
    addresses = ("url", "embed", "oembed", "card", "cover", "sound")
    head = Head("kind", title, title, "Radio", *addresses, "audio/mpeg")
    page = with_head(b"<head>\n<title>Radio</title>\n</head><body>", head).decode()
    assert Reader(page).said["og:title"] == title
    assert page.count("</head>") == page.count("<title>") == 1
