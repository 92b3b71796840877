"""What a page is told without asking."""

from __future__ import annotations

import aiohttp

from tests.web.conftest import OnAir, get
from tests.web.hearing import events
from web.feed import MOST_WAITING, Feed, encode_event


async def test_a_page_that_comes_knows_at_once_what_is_on(http: aiohttp.ClientSession) -> None:
    async with events(http) as hear:
        told = await hear("now")
    now = await get(http, "/api/v1/now")
    assert told.keys() == now.keys()
    assert told["broadcast"] == now["broadcast"]


async def test_who_comes_between_two_counts_is_told_the_next_one(
    http: aiohttp.ClientSession,
) -> None:
    async with events(http) as hear:  # nothing has changed since others were told
        await hear("clock")
        assert (await hear("listeners")).keys() == {"listeners"}


async def test_the_clock_goes_on(http: aiohttp.ClientSession) -> None:
    async with events(http) as hear:
        first, second = await hear("clock"), await hear("clock")
    assert second["position"] > first["position"]
    assert second["utc"] > first["utc"]


async def test_a_piece_is_announced_with_the_position_where_its_title_begins(
    station: OnAir, http: aiohttp.ClientSession
) -> None:
    async with events(http) as hear:
        async with http.post("/api/v1/skip", headers=station.operator):
            pass
        aired = await hear("piece")
    known = {e["position"]: e["piece"] for e in (await get(http, "/api/v1/now"))["recent"]}
    assert known[aired["position"]] == aired["piece"]


async def test_events_stay_on_one_line_each() -> None:
    assert encode_event("note", {"note": "a\nb é"}).count(b"\n") == 3


async def test_a_page_that_does_not_keep_up_is_cut_off_and_forgotten() -> None:
    feed, cut = Feed(), []
    feed.subscribe(lambda: cut.append("slow"))
    for number in range(MOST_WAITING + 2):
        feed.send("clock", {"position": number})
    assert (cut, len(feed)) == (["slow"], 0)
