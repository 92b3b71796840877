"""Who may show our pages in a frame."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from renderer.formats import FORMATS
from station.programme import Programme
from station.settings import Settings, StationSettings
from tests.web.conftest import get
from web import embed
from web.keys import PROGRAMME


def house(**ancestors: tuple[str, ...]) -> TestClient[web.Request, web.Application]:
    """Stations with such settings, as far as a player's page asks."""
    mounts = {"mp3": SimpleNamespace(format=FORMATS["mp3"])}
    stations = {
        name: SimpleNamespace(
            name=name, mounts=mounts, settings=StationSettings(frame_ancestors=allowed)
        )
        for name, allowed in ancestors.items()
    }
    first = next(iter(stations.values()))
    programme = SimpleNamespace(settings=Settings(), stations=stations, first=first)
    app = web.Application()
    app[PROGRAMME] = cast(Programme, programme)
    app.add_routes([web.get(path, handler) for path, handler in embed.ROUTES])
    return TestClient(TestServer(app))


async def test_each_station_says_who_may_frame_its_player() -> None:
    async with house(main=("https://*.a.example", "'self'"), night=()) as client:
        main = await client.get("/embed")
        night = await client.get("/embed?station=night")
    policy = main.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://*.a.example 'self'")
    assert "X-Frame-Options" not in main.headers
    assert night.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    assert night.headers["X-Frame-Options"] == "DENY"


async def test_a_page_that_is_isolated_may_frame_the_player(http: aiohttp.ClientSession) -> None:
    async with http.get("/embed") as answer:
        assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("path", ["/", "/embed/builder", "/exhibit", "/pieces", "/pieces/{id}"])
async def test_no_other_page_is_framed(http: aiohttp.ClientSession, path: str) -> None:
    piece = (await get(http, "/api/v1/now"))["playing"]["piece"]
    async with http.get(path.format(**piece)) as answer:
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/embed"])
async def test_without_scripts_a_page_links_to_the_sound_of_its_station(
    http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(f"{path}?station=night") as answer:
        assert '/stations/night/stream.mp3">Listen' in await answer.text()


@pytest.mark.parametrize("query", ["station=x", "piece=x", "piece=00000000000000000000"])
async def test_a_player_of_nothing_is_not_found(http: aiohttp.ClientSession, query: str) -> None:
    async with http.get(f"/embed?{query}") as answer:
        assert answer.status == 404
