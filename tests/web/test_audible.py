"""The station listens to itself."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from tests.web.conftest import get


@pytest.mark.parametrize("name", ["main", "night"])
async def test_a_station_on_air_is_audible_in_every_format(
    http: aiohttp.ClientSession, name: str
) -> None:
    heard = await get(http, f"/audible?station={name}")
    assert (heard["audible"], heard["station"]) == (True, name)
    assert heard["mounts"].keys() >= {"mp3", "opus"}
    assert all(-50 < mount["level_db"] < 0 for mount in heard["mounts"].values())


async def test_asking_often_costs_little(http: aiohttp.ClientSession) -> None:
    heard = await asyncio.gather(*(get(http, "/audible") for _ in range(40)))
    assert len({json.dumps(each) for each in heard}) <= 2  # one decoding serves them all


async def test_a_station_that_is_not_there_is_a_404(http: aiohttp.ClientSession) -> None:
    async with http.get("/audible?station=x") as answer:
        assert (answer.status, "main, night" in await answer.text()) == (404, True)
