"""The archive over HTTP: finding pieces, and the page of each."""

from __future__ import annotations

import html
import re
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.conftest import get, until
from web.piece_filter import span

NO_PIECE = "0" * 20


@pytest.fixture
async def found(http: aiohttp.ClientSession) -> list[Any]:
    """At least two pieces of the archive, newest first."""

    async def ask() -> Any:
        pieces = (await get(http, "/api/v1/pieces"))["pieces"]
        return len(pieces) > 1 and pieces

    pieces: list[Any] = await until(ask)
    return pieces


async def test_pages_one_after_the_other_are_the_whole_list(
    http: aiohttp.ClientSession, found: list[Any]
) -> None:
    until_then = f"to={found[0]['aired'].replace('+00:00', 'Z')}"  # while the station plays on
    path, ids = f"/api/v1/pieces?limit=1&{until_then}", []
    while path:
        async with http.get(path) as answer:
            page = await answer.json()
            told = answer.headers.get("Link")
        ids += [piece["id"] for piece in page["pieces"]]
        path = page["next"]
        assert told == (f'<{path}>; rel="next"' if path else None)
    whole = (await get(http, f"/api/v1/pieces?limit=100&{until_then}"))["pieces"]
    assert len(ids) == len(set(ids) - {found[0]["id"]})
    assert ids[:100] == [piece["id"] for piece in whole]


@pytest.mark.parametrize("field", ["key", "origin", "show", "model"])
async def test_a_piece_is_found_by_what_it_is(
    http: aiohttp.ClientSession, found: list[Any], field: str
) -> None:
    async with http.get("/api/v1/pieces", params={field: found[0][field]}) as answer:
        pieces = (await answer.json())["pieces"]
    assert {piece[field] for piece in pieces} == {found[0][field]}
    assert found[0]["id"] in {piece["id"] for piece in pieces}


async def test_a_range_finds_both_its_ends(http: aiohttp.ClientSession, found: list[Any]) -> None:
    tempo = found[0]["tempo_qpm"]
    inside = await get(http, f"/api/v1/pieces?tempo={tempo}..{tempo}")
    assert found[0]["id"] in {piece["id"] for piece in inside["pieces"]}
    beyond = await get(http, "/api/v1/pieces?tempo=900..")
    assert beyond == {"pieces": [], "next": None}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("tempi=80..120", "did you mean tempo?"),
        ("colour=red", "there are station, from, to"),
        ("tempo=120..80", "tempo: a range goes from the lower"),
        ("score=high", "score: write a range like"),
        ("density=", "density: write a range"),
        ("key=H+major", "key: 'H major' is not a key"),
        ("origin=heaven", "origin: there are sampled, bridge, pattern"),
        ("from=yesterday", "from must be a time"),
        ("from=2026-01-02&to=2026-01-01", "from must be a time before to"),
        ("limit=0", "limit must be a whole number from 1 to 100"),
        ("cursor=there", "cursor: 'there' is no cursor of ours"),
        ("show=a&show=b", "show is given more than once"),
        ("show=%00", "show: "),
    ],
)
async def test_a_bad_parameter_is_named(
    http: aiohttp.ClientSession, query: str, named: str
) -> None:
    async with http.get(f"/api/v1/pieces?{query}") as answer:
        assert answer.status == 400
        assert named in (await answer.json())["error"]


async def test_the_names_are_those_of_the_pieces(
    http: aiohttp.ClientSession, found: list[Any]
) -> None:
    names = await get(http, "/api/v1/pieces/names")
    assert {piece["key"] for piece in found} <= set(names["keys"])
    assert "Test" in names["shows"]
    assert set(names["stations"]) <= {"main", "night"}


async def test_a_piece_says_when_it_was_on_air(
    http: aiohttp.ClientSession, found: list[Any]
) -> None:
    piece = await get(http, found[0]["links"]["self"])
    assert piece["airings"][-1]["utc"] == found[0]["aired"]
    assert piece["airings"][-1]["station"] in ("main", "night")


async def test_a_piece_says_where_its_bars_lie(
    http: aiohttp.ClientSession, found: list[Any]
) -> None:
    piece = await get(http, found[0]["links"]["self"])
    points = len(piece["path"]["bars"]) if piece["path"] else 0
    assert points == (0 if piece["origin"] == "pattern" else piece["steps"] / 16)


async def test_a_page_says_what_it_is_to_who_runs_no_script(
    http: aiohttp.ClientSession, found: list[Any]
) -> None:
    async with http.get(found[0]["links"]["page"]) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        text = await answer.text()
    said = dict(re.findall(r'<meta property="([^"]+)" content="([^"]*)">', text))
    assert html.unescape(said["og:title"]) == found[0]["title"]
    assert html.unescape(said["og:site_name"]) == "Prüfstand ☕"
    for address in (said["og:url"], said["og:audio"]):
        async with http.head(address) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("name", [NO_PIECE, "nothing", "%3Cscript%3E"])
async def test_a_piece_that_is_not_there_has_a_page_that_says_so(
    http: aiohttp.ClientSession, name: str
) -> None:
    async with http.get(f"/pieces/{name}") as answer:
        assert (answer.status, answer.content_type) == (404, "text/html")
        text = await answer.text()
    assert "No such piece" in text
    assert "<script>" not in text


@given(ends=st.tuples(st.integers(-999, 999), st.integers(-999, 999)).map(sorted))
def test_a_range_reads_back(ends: list[int]) -> None:
    low, high = ends
    assert span(f"{low}..{high}") == (low, high)
    assert span(f"{low}..")[0] == span(f"{low}")[0] == span(f"{low}")[1] == low
    assert span(f"..{high}")[1] == high


@pytest.mark.parametrize("text", ["", "..", "1..2..3", "nan", "1e9", "1 2", "١..", "1.5.2"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write a range"):
        span(text)
