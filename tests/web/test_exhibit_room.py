"""The room over HTTP: read by anybody, turned by the operator, told to every wall."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.web.conftest import OnAir, get, metric
from tests.web.hearing import events

AS_IT_WAS = {"muted": False, "volume": 1.0, "paused": False, "display": True}


@pytest.fixture
async def operator(station: OnAir) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(station.url, headers=station.operator) as session:
        yield session
        async with session.patch("/api/v1/exhibit", json=AS_IT_WAS) as answer:
            assert answer.status == 200


async def test_a_wall_is_told_all_it_needs(http: aiohttp.ClientSession) -> None:
    exhibit = await get(http, "/api/v1/exhibit")
    assert (exhibit["station"], exhibit["on_air"], exhibit["sound_card"]) == ("main", True, None)
    assert exhibit["position"] > 0
    assert (exhibit["scenes"][0], exhibit["scene_seconds"]) == ("sky", 720)
    alone = {"open": True, "changes_at": None, "heard_delay_ms": 0}
    assert exhibit["room"] == AS_IT_WAS | alone


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "exhibit"),
        ("POST", "exhibit/mute"),
        ("POST", "exhibit/volume"),
        ("POST", "exhibit/sensors"),
    ],
)
async def test_without_the_token_the_room_stays_as_it_is(
    http: aiohttp.ClientSession, method: str, path: str
) -> None:
    async with http.request(method, f"/api/v1/{path}", json={"muted": True}) as answer:
        assert answer.status == 401
    assert not (await get(http, "/api/v1/exhibit"))["room"]["muted"]


@pytest.mark.parametrize(
    ("verb", "sent", "turned"),
    [
        ("mute", None, {"muted": True}),
        ("pause", None, {"paused": True}),
        ("display-off", None, {"display": False}),
        ("volume", {"volume": 0.5}, {"volume": 0.5}),
    ],
)
async def test_a_verb_turns_the_room_and_every_wall_is_told(
    operator: aiohttp.ClientSession, verb: str, sent: Any, turned: dict[str, Any]
) -> None:
    async with events(operator) as hear:
        await hear("now")
        async with operator.post(f"/api/v1/exhibit/{verb}", json=sent) as answer:
            said = await answer.json()
        told = await hear("room")
    assert told == said
    assert {name: told[name] for name in AS_IT_WAS} == AS_IT_WAS | turned


@pytest.mark.parametrize(
    ("verb", "opposite", "turned"),
    [
        ("mute", "unmute", {"muted": True}),
        ("pause", "resume", {"paused": True}),
        ("display-off", "display-on", {"display": False}),
    ],
)
async def test_a_verb_is_undone_by_its_opposite(
    operator: aiohttp.ClientSession, verb: str, opposite: str, turned: dict[str, Any]
) -> None:
    for each, change in ((verb, turned), (opposite, {})):
        async with operator.post(f"/api/v1/exhibit/{each}") as answer:
            said = await answer.json()
        assert {name: said[name] for name in AS_IT_WAS} == AS_IT_WAS | change


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "named"),
    [
        ("PATCH", "exhibit", '{"muted": true, "volume": 2}', 400, "volume must be a number"),
        ("PATCH", "exhibit", '{"muted": true, "lights": 1}', 400, "muted, volume, paused"),
        ("PATCH", "exhibit", '["muted"]', 400, "a JSON object"),
        ("PATCH", "exhibit", "{", 400, "not JSON"),
        ("POST", "exhibit/volume", "{}", 400, "volume must be a number"),
        ("POST", "exhibit/sensors", '{"window": 1}', 400, "no sensor is called 'window'"),
        ("POST", "exhibit/dance", "", 404, "mute, unmute, pause"),
    ],
)
async def test_what_cannot_be_done_is_named_and_nothing_is(
    operator: aiohttp.ClientSession, method: str, path: str, body: str, status: int, named: str
) -> None:
    async with operator.request(method, f"/api/v1/{path}", data=body) as answer:
        assert answer.status == status
        assert named in (await answer.json())["error"]
    assert not (await get(operator, "/api/v1/exhibit"))["room"]["muted"]


async def test_how_loud_the_room_is_can_be_watched(operator: aiohttp.ClientSession) -> None:
    assert await metric(operator, "latentfm_room_open") == 1
    async with operator.patch("/api/v1/exhibit", json={"volume": 0.25}):
        assert await metric(operator, "latentfm_room_gain") == 0.25
    async with operator.post("/api/v1/exhibit/mute"):
        assert await metric(operator, "latentfm_room_gain") == 0
