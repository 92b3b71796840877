"""oEmbed, as a site asks that was given a link."""

from __future__ import annotations

from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.conftest import OnAir, get
from web.oembed import as_xml

ATTRIBUTES_WORDPRESS_KEEPS = {
    "src", "width", "height", "frameborder", "marginwidth", "marginheight", "scrolling", "title",
}  # fmt: skip


async def told(http: aiohttp.ClientSession, station: OnAir, link: str, **more: str) -> Any:
    async with http.get("/oembed", params={"url": station.url + link, **more}) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        return await answer.json()


def frame(answer: Any) -> ElementTree.Element:
    return ElementTree.fromstring(answer["html"])


@pytest.mark.parametrize(
    ("link", "title", "source"),
    [
        ("/", "Prüfstand ☕", "/embed"),
        ("", "Prüfstand ☕", "/embed"),
        ("/?station=night", "Night", "/embed?station=night"),
        ("/embed?station=night&theme=dark&x=y", "Night", "/embed?station=night&theme=dark"),
        ("/embed?show=", "Prüfstand ☕", "/embed?show="),
        ("/embed?mount=opus", "Prüfstand ☕", "/embed?mount=opus"),
    ],
)
async def test_a_link_to_a_station_becomes_its_player(
    http: aiohttp.ClientSession, station: OnAir, link: str, title: str, source: str
) -> None:
    answer = await told(http, station, link)
    assert (answer["version"], answer["type"], answer["title"]) == ("1.0", "rich", title)
    assert frame(answer).get("src") == station.url + source
    assert {"title", "src"} <= set(frame(answer).keys()) <= ATTRIBUTES_WORDPRESS_KEEPS


async def test_a_link_to_a_piece_becomes_that_piece(
    http: aiohttp.ClientSession, station: OnAir
) -> None:
    piece = (await get(http, "/api/v1/now"))["playing"]["piece"]
    for link in (piece["links"]["page"], f"/embed?piece={piece['id']}"):
        answer = await told(http, station, link)
        assert answer["title"] == piece["title"]
        assert frame(answer).get("src") == f"{station.url}/embed?piece={piece['id']}"
        assert answer["thumbnail_url"].endswith(f"/api/v1/pieces/{piece['id']}/card.png")


@pytest.mark.parametrize(
    ("space", "size", "picture"),
    [
        ({}, (600, 160), (1200, 630)),
        ({"maxwidth": "800"}, (600, 160), (512, 512)),
        ({"maxwidth": "400", "maxheight": "100"}, (400, 100), None),
    ],
)
async def test_nothing_is_larger_than_there_is_space(
    http: aiohttp.ClientSession,
    station: OnAir,
    space: dict[str, str],
    size: tuple[int, int],
    picture: tuple[int, int] | None,
) -> None:
    answer = await told(http, station, "/", **space)
    shown = frame(answer)
    assert (answer["width"], answer["height"]) == size
    assert (shown.get("width"), shown.get("height")) == tuple(map(str, size))
    sizes = (answer.get("thumbnail_width"), answer.get("thumbnail_height"))
    assert sizes == (picture or (None, None))


async def test_xml_says_what_json_says(http: aiohttp.ClientSession, station: OnAir) -> None:
    as_json = await told(http, station, "/")
    async with http.get("/oembed", params={"url": f"{station.url}/", "format": "xml"}) as answer:
        assert answer.content_type == "text/xml"
        root = ElementTree.fromstring(await answer.read())
    assert root.tag == "oembed"
    assert {each.tag: each.text for each in root} == {k: str(v) for k, v in as_json.items()}


@pytest.mark.parametrize(
    "link",
    ["", "/", "http://elsewhere.example/", "{us}/nothing", "{us}/?station=x", "ftp{us}/",
     "{us}/pieces/0123", "{us}/pieces/00000000000000000000", "http://[", "{us}@elsewhere.example/"],
)  # fmt: skip
async def test_a_link_that_is_not_ours_is_not_found(
    http: aiohttp.ClientSession, station: OnAir, link: str
) -> None:
    async with http.get("/oembed", params={"url": link.format(us=station.url)}) as answer:
        assert answer.status == 404


async def test_another_format_is_not_implemented(
    http: aiohttp.ClientSession, station: OnAir
) -> None:
    async with http.get("/oembed", params={"url": f"{station.url}/", "format": "yaml"}) as answer:
        assert (answer.status, "json or xml" in await answer.text()) == (501, True)


async def test_behind_a_proxy_its_addresses_are_the_public_ones(
    http: aiohttp.ClientSession,
) -> None:
    proxied = {"Host": "radio.example", "X-Forwarded-Proto": "https"}
    query = {"url": "https://radio.example/?station=night"}
    async with http.get("/oembed", params=query, headers=proxied) as answer:
        body = await answer.json()
    addresses = [frame(body).get("src"), body["thumbnail_url"], body["provider_url"]]
    assert all(str(each).startswith("https://radio.example/") for each in addresses)


async def test_a_page_leads_to_its_own_oembed(http: aiohttp.ClientSession) -> None:
    async with http.get("/?station=night") as answer:
        page = await answer.text()
    [href] = [
        line.split('href="')[1].split('"')[0]
        for line in page.splitlines()
        if "application/json+oembed" in line
    ]
    link = urlsplit(unescape(href))
    assert parse_qs(link.query)["format"] == ["json"]
    assert (await get(http, f"{link.path}?{link.query}"))["title"] == "Night"


# As settings let a title through: what can be printed.
@given(title=st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_any_title_comes_through_xml(title: str) -> None:
    assert ElementTree.fromstring(as_xml({"title": title})).findtext("title") == title
