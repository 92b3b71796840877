"""One tap: it counts once, only from our pages, and not for ever faster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from station.archive_settings import RatingSettings
from station.programme import Programme
from station.settings import GeneratorSettings, RendererSettings, Settings, StorageSettings
from tests.fonts import FONT
from tests.pieces import make_piece
from tests.web.conftest import OnAir, get, metric
from web.keys import PROGRAMME
from web.ratings import MINUTE_SECONDS, ROUTES, Booth, opening

PIECE = make_piece(seed=1)
PATH = f"/api/v1/pieces/{PIECE.id}/rating"
Client = TestClient[web.Request, web.Application]


def settings(folder: Path, **ratings: Any) -> Settings:
    return Settings(
        storage=StorageSettings(folder=folder),
        generator=GeneratorSettings(model=folder),
        renderer=RendererSettings(soundfont=FONT),
        ratings=RatingSettings(**ratings),
    )


async def serving(settings: Settings) -> AsyncIterator[Client]:
    """A booth whose archive holds one piece; nothing is on air."""
    programme = Programme(settings)
    programme.journal.made(PIECE)
    assert programme.journal.flush(10)
    app = web.Application()
    app[PROGRAMME] = programme
    app.cleanup_ctx.append(opening)
    app.add_routes(ROUTES)
    try:
        async with TestClient(TestServer(app)) as client:
            yield client
    finally:
        for station in programme.stations.values():
            station.free()
        programme.journal.close(5)
        programme.database.close()


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async for client in serving(settings(tmp_path)):
        yield client


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[Client]:
    async for client in serving(settings(tmp_path, open=False)):
        yield client


async def rate(client: Client, value: Any, *, address: str = "203.0.113.7", **headers: str) -> Any:
    """What the booth answers; its status where it refuses."""
    sent = {"X-Forwarded-For": address, **{k.replace("_", "-"): v for k, v in headers.items()}}
    async with client.post(PATH, json={"value": value}, headers=sent) as answer:
        return await answer.json() if answer.status == 200 else answer.status


async def settled(client: Client) -> dict[str, Any]:
    """What the archive says once the journal is empty."""
    journal = client.app[PROGRAMME].journal
    assert await asyncio.to_thread(journal.flush, 10)
    async with client.get(PATH) as answer:
        told: dict[str, Any] = await answer.json()
    return told


async def test_a_listener_likes_thinks_again_and_takes_it_back(client: Client) -> None:
    for value, counts in ((1, (1, 0)), (1, (1, 0)), (-1, (0, 1)), (0, (0, 0))):
        told = await rate(client, value)
        assert told["yours"] == value
        assert (await settled(client))["rating"] == {"likes": counts[0], "dislikes": counts[1]}
        assert told["rating"] == {"likes": counts[0], "dislikes": counts[1]}


async def test_two_listeners_count_twice(client: Client) -> None:
    await rate(client, 1)
    await rate(client, 1, User_Agent="another player")
    await rate(client, 1, address="198.51.100.1")
    assert (await settled(client))["rating"] == {"likes": 3, "dislikes": 0}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
async def test_a_page_of_another_site_cannot_rate(client: Client, headers: dict[str, str]) -> None:
    assert await rate(client, 1, **headers) == 403
    assert (await settled(client))["rating"]["likes"] == 0


async def test_our_own_page_may_rate(client: Client) -> None:
    origin = str(client.make_url("/")).rstrip("/")
    assert (await rate(client, 1, Origin=origin))["rating"]["likes"] == 1
    assert (await rate(client, 0, Sec_Fetch_Site="same-origin"))["yours"] == 0


async def test_a_page_behind_a_proxy_is_known_by_its_public_name(client: Client) -> None:
    told = await rate(client, 1, Origin="https://radio.example", X_Forwarded_Host="radio.example")
    assert told["yours"] == 1


async def test_what_a_form_can_send_is_refused(client: Client) -> None:
    async with client.post(PATH, data={"value": "1"}) as answer:
        assert answer.status == 415
    text = {"Content-Type": "text/plain"}
    async with client.post(PATH, data='{"value": 1}', headers=text) as answer:
        assert answer.status == 415


@pytest.mark.parametrize("value", [2, "1", None, True, 1.0, [1]])
async def test_a_value_that_is_none_is_refused_with_words(client: Client, value: Any) -> None:
    assert await rate(client, value) == 400


async def test_a_piece_that_is_not_there_is_a_404(client: Client) -> None:
    path = f"/api/v1/pieces/{'0' * 20}/rating"
    async with client.post(path, json={"value": 1}) as answer:
        assert answer.status == 404
        assert "no piece has the id" in await answer.text()


async def test_who_comes_too_often_is_told_when_to_come_again(client: Client) -> None:
    told = [await rate(client, number % 2) for number in range(11)]
    assert [answer for answer in told if answer == 429] == [429]
    async with client.post(
        PATH, json={"value": 1}, headers={"X-Forwarded-For": "203.0.113.7"}
    ) as answer:
        assert 1 <= int(answer.headers["Retry-After"]) <= MINUTE_SECONDS
        assert "ratings.per_minute" in await answer.text()
    assert await rate(client, 1, address="198.51.100.1") != 429


def test_a_minute_later_one_may_come_again() -> None:
    seconds = 0.0
    booth = Booth(per_minute=1, now=lambda: seconds)
    booth.knock("203.0.113.7")
    with pytest.raises(web.HTTPTooManyRequests):
        booth.knock("203.0.113.7")
    seconds = MINUTE_SECONDS
    booth.knock("203.0.113.7")


async def test_a_station_that_takes_no_ratings_says_so(closed: Client) -> None:
    async with closed.post(PATH, json={"value": 1}) as answer:
        assert answer.status == 403
        assert "ratings.open" in await answer.text()
    assert not (await settled(closed))["open"]


async def test_what_is_said_on_air_is_shown_in_the_log(station: OnAir, http: Any) -> None:
    [aired] = (await get(http, "/api/v1/history?limit=1"))["airings"]
    path = f"/api/v1/pieces/{aired['piece']['id']}"
    before = await metric(http, "latentfm_ratings_total", kind="like")
    async with http.post(f"{path}/rating", json={"value": 1}) as answer:
        assert answer.status == 200
        likes = (await answer.json())["rating"]["likes"]
    assert await metric(http, "latentfm_ratings_total", kind="like") == before + 1
    piece = await get(http, path)
    assert piece["rating"]["likes"] in (likes, likes - 1)  # the journal has it, if not the database
    assert piece["reproducible"]["model_here"]
    assert aired["piece"]["rating"].keys() == {"likes", "dislikes"}
