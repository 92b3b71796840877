"""Pages, health, and the headers that protect whoever opens them."""

from __future__ import annotations

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.web.conftest import OnAir, get, metric
from tests.web.listening import listen


@pytest.mark.parametrize("path", ["/", "/embed", "/exhibit"])
async def test_a_page_may_load_nothing_from_elsewhere(
    http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert (answer.status, answer.content_type) == (200, "text/html")
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert ("frame-ancestors *" in policy) == (path == "/embed")


@pytest.mark.parametrize("path", ["/", "/api/v1/now", "/nothing", "/static/page.js", "/metrics"])
async def test_browsers_are_told_not_to_guess(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/static/../server.py", "/static/%2e%2e/server.py", "/static/"])
async def test_only_what_is_static_is_served(station: OnAir, path: str) -> None:
    async with listen(station.port, path, "Connection: close") as answer:
        assert answer.status in (403, 404)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_it_is_healthy_while_sound_goes_out(http: aiohttp.ClientSession, path: str) -> None:
    health = await get(http, path)
    assert health["stations"] == {"main": True, "night": True}
    assert health["on_air"] is True


async def test_metrics_can_be_parsed_and_count_each_listener(
    station: OnAir, http: aiohttp.ClientSession
) -> None:
    async with listen(station.port, "/stream.opus"):
        async with http.get("/metrics") as answer:
            families = list(text_string_to_metric_families(await answer.text()))
        assert await metric(http, "latentfm_listeners", station="main", mount="opus") >= 1
    assert {family.name for family in families} >= {
        "latentfm_on_air",
        "latentfm_shelf_seconds",
        "latentfm_pieces_aired",
        "latentfm_generator_up",
    }
