"""Who may still come in."""

from __future__ import annotations

import contextlib

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from station.stream_settings import StreamSettings
from tests.web.conftest import OnAir, until
from tests.web.listening import listen
from web.limits import Places, network_of


def places(most: int = 100, most_per_address: int = 2) -> Places:
    return Places(StreamSettings(max_listeners=most, max_listeners_per_address=most_per_address))


@pytest.mark.parametrize(
    "address",
    ["203.0.113.7", "2001:db8::1"],
)
def test_one_listener_more_from_an_address_is_refused_with_the_setting(address: str) -> None:
    here = places()
    with here.place(address), here.place(address):
        with pytest.raises(web.HTTPTooManyRequests, match="Too Many Requests") as refused:
            here.place(address)
        assert "stream.max_listeners_per_address" in (refused.value.text or "")
        with here.place("198.51.100.1"):
            pass
    with here.place(address):
        pass
    assert here.refused == {"address": 1}


def test_a_household_with_ipv6_is_one_address() -> None:
    assert (
        network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    )
    assert network_of("2001:db8:1:3::9") != network_of("2001:db8:1:2::9")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_may_have_more(address: str) -> None:
    here = places(most_per_address=1)
    with here.place(address), here.place(address):
        assert here.taken == 2


def test_no_limit_for_an_address_is_none() -> None:
    here = places(most_per_address=0)
    with here.place("203.0.113.7"), here.place("203.0.113.7"):
        assert here.taken == 2


@given(st.lists(st.tuples(st.sampled_from(["10.0.0.1", "10.0.0.2", "::1", "x"]), st.booleans())))
def test_whatever_comes_and_goes_all_places_are_free_in_the_end(
    visitors: list[tuple[str, bool]],
) -> None:
    here = places(most=4)
    with contextlib.ExitStack() as staying:
        for address, stays in visitors:
            with contextlib.suppress(web.HTTPException, ZeroDivisionError):
                place = here.place(address)
                if stays:
                    staying.enter_context(place)
                else:
                    with place:
                        raise ZeroDivisionError
            assert here.taken <= 4
    assert here.taken == 0
    assert not here._by_network


async def test_a_listener_behind_a_proxy_is_counted_by_its_own_address(narrow: OnAir) -> None:
    async with contextlib.AsyncExitStack() as listeners:

        async def status(address: str) -> int:
            asking = listen(narrow.port, "/stream.mp3", f"X-Forwarded-For: {address}")
            return (await listeners.enter_async_context(asking)).status

        assert [await status("203.0.113.7") for _ in range(3)] == [200, 200, 429]
        assert [await status("203.0.113.8") for _ in range(2)] == [200, 503]


async def test_pages_have_places_of_their_own(narrow: OnAir) -> None:
    async with contextlib.AsyncExitStack() as pages:
        for expected in (200, 200, 200, 503):
            page = await pages.enter_async_context(listen(narrow.port, "/api/v1/events"))
            assert page.status == expected
        assert page.headers["retry-after"] == "10"


async def test_who_hears_hls_takes_a_place_and_keeps_it(narrow: OnAir) -> None:
    async with aiohttp.ClientSession() as http, contextlib.AsyncExitStack() as listeners:

        async def playlist(player: str) -> int:
            asking = http.get(narrow.url + "/hls/live.m3u8", headers={"User-Agent": player})
            async with asking as answer:
                return answer.status

        async def first_came() -> bool:
            return await playlist("first") == 200

        async def status() -> int:
            return (await listeners.enter_async_context(listen(narrow.port, "/stream.mp3"))).status

        await until(first_came)
        assert [await status() for _ in range(3)] == [200, 200, 503]
        assert await playlist("second") == 503
        assert await playlist("first") == 200
