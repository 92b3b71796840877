"""The map of latent space, as the API tells it."""

from __future__ import annotations

from typing import Any

import aiohttp
from hypothesis import given
from hypothesis import strategies as st

from tests.web.conftest import get, until
from web.latent_map import APART, thinned

places = st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), max_size=40)


async def test_a_piece_with_notes_says_where_its_bars_lie(http: aiohttp.ClientSession) -> None:
    async def walking() -> Any:  # the first pieces may be made before the model is there
        now = await get(http, "/api/v1/now")
        pieces = [now["next"], *(each["piece"] for each in now["recent"])]
        return next((piece for piece in pieces if piece and piece["walk"]), None)

    piece = await until(walking)
    assert len(piece["walk"]["bars"]) == piece["steps"] // 16
    assert {len(point) for point in piece["walk"]["latents"]} == {2}


async def test_the_map_names_its_axes(http: aiohttp.ClientSession) -> None:
    async def drawn() -> Any:
        return (await get(http, "/api/v1/map"))["axes"]

    across, upwards = await until(drawn)
    assert (across["name"], across["low"], across["high"]) == ("brightness", "deep", "bright")
    assert (upwards["name"], upwards["low"], upwards["high"]) == ("energy", "calm", "driving")


async def test_now_tells_where_the_music_is_going(http: aiohttp.ClientSession) -> None:
    async def going() -> Any:
        now = await get(http, "/api/v1/now")
        return now["waypoint"] and now

    now = await until(going)
    is_bridge = now["next"]["origin"] == "bridge"
    assert now["waypoint"]["id"] == (now["next"]["parents"][1] if is_bridge else now["next"]["id"])


@given(places)
def test_of_places_on_each_other_the_first_is_kept(points: list[tuple[float, float]]) -> None:
    named = [(str(number), at) for number, at in enumerate(points)]
    kept = thinned(named)
    assert kept[:1] == named[:1]
    for number, (name, (x, y)) in enumerate(kept):
        assert (name, (x, y)) in named
        assert all(max(abs(x - a), abs(y - b)) > APART for _, (a, b) in kept[:number])
