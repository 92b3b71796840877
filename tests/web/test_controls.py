"""What only the operator may do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.web.conftest import OnAir, get
from tests.web.hearing import events

AS_THE_SHOW = {"tempo": 1.0, "temperature": None, "adventure": None}


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
    assert turned == await get(operator, "/api/v1/controls")
    assert turned == {"tempo": 1.1, "temperature": None, "adventure": 0}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"tempo": 9}, "tempo"),
        ({"tempo": None}, "tempo"),
        ({"temperature": "hot"}, "temperature"),
        ({"adventure": True}, "adventure"),
        ({"adventure": float("nan")}, "adventure"),
        ({"volume": 1}, "volume"),
        ([1], "JSON object"),
    ],
)
async def test_a_bad_control_is_named_and_all_is_left_as_it_was(
    operator: aiohttp.ClientSession, body: Any, named: str
) -> None:
    changes = {"temperature": 0.5, **body} if isinstance(body, dict) else body
    async with operator.patch("/api/v1/controls", json=changes) as answer:
        assert answer.status == 400
        assert named in (await answer.json())["error"]
    assert await get(operator, "/api/v1/controls") == AS_THE_SHOW


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", 30_000 * b"["])
async def test_a_body_that_is_no_json_is_refused(
    operator: aiohttp.ClientSession, body: bytes
) -> None:
    async with operator.patch("/api/v1/controls", data=body) as answer:
        assert (answer.status, (await answer.json())["status"]) == (400, 400)


async def test_a_skip_ends_the_piece_on_a_bar_line(operator: aiohttp.ClientSession) -> None:
    async with events(operator) as hear:
        recent = (await hear("now"))["recent"]
        async with operator.post("/api/v1/skip") as answer:
            assert answer.status == 202
        cut, following = recent[-1], await hear("piece")
    frames = following["position"] - cut["position"]
    assert min(abs(frames - line) for line in _bar_lines(cut["piece"])) <= 1


def _bar_lines(piece: dict[str, Any]) -> list[float]:
    """Frames from its start, with its end; Simpson's rule is exact enough for 15 / tempo."""
    tempo, end = float(piece["tempo_qpm"]), float(piece["tempo_end_qpm"])
    steps = int(piece["steps"])

    def seconds(a: float, b: float) -> float:
        def step(at: float) -> float:
            return 15.0 / (tempo + (end - tempo) * at / steps)

        return (b - a) / 6 * (step(a) + 4 * step((a + b) / 2) + step(b))

    lines = [0.0]
    for start in range(0, steps, 16):
        lines.append(lines[-1] + sum(seconds(start + i, start + i + 1) for i in range(16)))
    return [48_000 * line for line in lines]
