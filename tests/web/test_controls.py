"""What only the operator may do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.web.conftest import OnAir, get, until
from tests.web.hearing import events

AS_THE_SHOW = {
    "energy": None,
    "brightness": None,
    "density": None,
    "adventure": None,
    "tempo": 1.0,
    "key": None,
}


@pytest.fixture
async def operator(station: OnAir) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(station.url, headers=station.operator) as session:
        yield session
        async with session.patch("/api/v1/controls", json=AS_THE_SHOW) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("sent", ["", "Bearer wrong", "Basic {token}", "Bearer \udcff"])
@pytest.mark.parametrize(("method", "path"), [("PATCH", "controls"), ("POST", "skip")])
async def test_without_the_token_nothing_is_done(
    station: OnAir, http: aiohttp.ClientSession, sent: str, method: str, path: str
) -> None:
    headers = {"Authorization": sent.format(token=station.token)} if sent else {}
    async with http.request(method, f"/api/v1/{path}", headers=headers, json={}) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "token" in (await answer.json())["error"]


async def test_what_the_operator_turns_is_shown(operator: aiohttp.ClientSession) -> None:
    async with operator.patch("/api/v1/controls", json={"tempo": 1.1, "adventure": 0}) as answer:
        turned = await answer.json()
    shown = await get(operator, "/api/v1/controls")
    for controls in (turned, shown):
        assert {name: controls[name] for name in AS_THE_SHOW} == {
            **AS_THE_SHOW,
            "tempo": 1.1,
            "adventure": 0,
        }


async def test_the_dials_are_what_show_and_operator_come_to(
    operator: aiohttp.ClientSession,
) -> None:
    show = (await get(operator, "/api/v1/controls"))["dials"]
    async with operator.patch("/api/v1/controls", json={"energy": 1, "key": "A minor"}) as answer:
        assert answer.status == 200
    controls = await get(operator, "/api/v1/controls")
    assert (controls["dials"]["energy"], controls["dials"]["key"]) == (1, "A minor")
    assert controls["dials"]["tempo"] > show["tempo"]
    assert controls["dials"]["density"] == show["density"]
    assert controls["bounds"]["energy"] == [-1, 1]
    assert "A minor" in controls["keys"]


async def test_a_change_is_heard_where_the_reply_says(operator: aiohttp.ClientSession) -> None:
    async def composed() -> Any:
        now = await get(operator, "/api/v1/now")
        return now["playing"]["piece"]["origin"] == "sampled" and now["next"]

    await until(composed)
    async with events(operator) as hear:
        await hear("now")
        async with operator.patch("/api/v1/controls", json={"tempo": 0.5}) as answer:
            promised = await answer.json()
        assert promised["lead_seconds"] > 0
        while (begun := await hear("piece"))["piece"]["tempo_end_qpm"] > 100:
            pass
    assert promised["note"] is None
    assert begun["position"] >= promised["heard_at"]["position"]  # later on a busy machine


async def test_what_changes_nothing_is_heard_now(operator: aiohttp.ClientSession) -> None:
    async with operator.patch("/api/v1/controls", json={"tempo": 1.0}) as answer:
        assert (await answer.json())["lead_seconds"] >= 0


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"tempo": 9}, "tempo"),
        ({"tempo": None}, "tempo"),
        ({"energy": "high"}, "energy"),
        ({"temperature": 0.5}, "adventure"),
        ({"key": "H minor"}, "key"),
        ({"adventure": True}, "adventure"),
        ({"adventure": float("nan")}, "adventure"),
        ({"volume": 1}, "volume"),
        ([1], "JSON object"),
    ],
)
async def test_a_bad_control_is_named_and_all_is_left_as_it_was(
    operator: aiohttp.ClientSession, body: Any, named: str
) -> None:
    changes = {"density": 0.5, **body} if isinstance(body, dict) else body
    async with operator.patch("/api/v1/controls", json=changes) as answer:
        assert answer.status == 400
        assert named in (await answer.json())["error"]
    controls = await get(operator, "/api/v1/controls")
    assert {name: controls[name] for name in AS_THE_SHOW} == AS_THE_SHOW


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", 15_000 * b"["])
async def test_a_body_that_is_no_json_is_refused(
    operator: aiohttp.ClientSession, body: bytes
) -> None:
    async with operator.patch("/api/v1/controls", data=body) as answer:
        assert (answer.status, (await answer.json())["status"]) == (400, 400)


async def test_a_skip_goes_on_with_the_next_piece_at_once(operator: aiohttp.ClientSession) -> None:
    async with events(operator) as hear:
        position = (await hear("now"))["position"]
        async with operator.post("/api/v1/skip") as answer:
            assert answer.status == 202
        following = await hear("piece")
    assert following["piece"]["origin"] != "bridge"
    assert following["position"] - position <= 2 * 48_000  # a second, and what is rendered ahead


async def test_a_body_of_pages_is_refused(operator: aiohttp.ClientSession) -> None:
    async with operator.patch("/api/v1/controls", data=20_000 * b" ") as answer:
        assert (answer.status, (await answer.json())["status"]) == (413, 413)
