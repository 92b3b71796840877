"""Where a piece comes from, over HTTP: signed, checked by a stranger, and marked on the way."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import aiohttp
import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from generators.weights import SHIPPED_MODEL, open_model
from renderer.marks import SOURCE_TYPES
from tests.web.conftest import OnAir, get, until
from tests.web.listening import listen

NO_PIECE = "0" * 20
MARK = "mode=machine-generated"
DATA = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


@pytest.fixture
async def piece(http: aiohttp.ClientSession) -> Any:
    """A piece that was aired, once the journal has it in the database."""

    async def newest() -> Any:
        airings = (await get(http, "/api/v1/history?limit=1"))["airings"]
        return airings and airings[0]["piece"]

    return await get(http, (await until(newest))["links"]["self"])


async def test_a_stranger_can_check_the_signature(http: aiohttp.ClientSession, piece: Any) -> None:
    keys = KeySet.import_key_set(await get(http, "/.well-known/jwks.json"))
    answer = await get(http, f"/api/v1/pieces/{piece['id']}/provenance")
    signed = jws.deserialize_compact(answer["jws"], keys, algorithms=["Ed25519"])
    assert json.loads(signed.payload) == answer["statement"]
    assert answer["statement"]["identifier"] == piece["id"]


async def test_the_statement_is_about_the_piece_that_is_there(
    http: aiohttp.ClientSession, piece: Any
) -> None:
    said = (await get(http, f"/api/v1/pieces/{piece['id']}/provenance"))["statement"]
    notes = json.dumps(piece["trio"], sort_keys=True, separators=(",", ":")) + "\n"
    assert said["latentfm:notesSha256"] == hashlib.sha256(notes.encode()).hexdigest()
    models = {
        model["latentfm:weightsSha256"]: model["latentfm:corpusLedgerSha256"]
        for model in said["prov:wasGeneratedBy"]["prov:used"]
    }
    if piece["weights_sha256"]:  # rules have none
        assert models[piece["weights_sha256"]] == open_model(SHIPPED_MODEL).facts["ledger_sha256"]
    assert said["license"] == "https://spdx.org/licenses/CC0-1.0"
    assert said["publication"]["publishedBy"]["name"] in ("main", "night")


@pytest.mark.parametrize("kind", ["application/jose", "application/ld+json"])
async def test_the_signature_or_the_statement_comes_alone_for_who_asks(
    http: aiohttp.ClientSession, piece: Any, kind: str
) -> None:
    path = f"/api/v1/pieces/{piece['id']}/provenance"
    both = await get(http, path)
    async with http.get(path, headers={"Accept": kind}) as answer:
        assert (answer.status, answer.content_type) == (200, kind)
        body = await answer.text()
    if kind == "application/jose":
        assert body == both["jws"]
    else:
        assert json.loads(body) == both["statement"]


@pytest.mark.parametrize("what", ["provenance", "similar"])
async def test_of_a_piece_that_is_not_there_nothing_is_said(
    http: aiohttp.ClientSession, what: str
) -> None:
    async with http.get(f"/api/v1/pieces/{NO_PIECE}/{what}") as answer:
        assert (answer.status, (await answer.json())["status"]) == (404, 404)


async def test_similar_pieces_have_their_distances(http: aiohttp.ClientSession, piece: Any) -> None:
    answer = await get(http, f"/api/v1/pieces/{piece['id']}/similar?limit=3")
    assert answer["indexed"] >= 0
    distances = [each["distance"] for each in answer["similar"]]
    assert distances == sorted(distances)
    assert piece["id"] not in [each["piece"]["id"] for each in answer["similar"]]


@pytest.mark.parametrize("limit", ["0", "51", "x", ""])
async def test_a_bad_limit_is_named(http: aiohttp.ClientSession, piece: Any, limit: str) -> None:
    async with http.get(f"/api/v1/pieces/{piece['id']}/similar?limit={limit}") as answer:
        assert answer.status == 400
        assert "limit" in (await answer.json())["error"]


@pytest.mark.parametrize("path", ["/stream.mp3", "/stream.opus"])
async def test_sound_says_in_its_headers_what_made_it(station: OnAir, path: str) -> None:
    async with listen(station.port, path) as answer:
        assert answer.headers["ai-disclosure"] == MARK


async def test_hls_says_it_too(http: aiohttp.ClientSession) -> None:
    async def mark() -> Any:
        async with http.get("/hls/live.m3u8") as answer:
            return answer.status == 200 and answer.headers["AI-Disclosure"]

    assert await until(mark) == MARK


async def test_a_file_leads_to_its_provenance(http: aiohttp.ClientSession, piece: Any) -> None:
    async with http.get(f"/api/v1/pieces/{piece['id']}.mid") as answer:
        assert answer.headers["AI-Disclosure"] == MARK
        [link] = [each for each in answer.links.values() if each["rel"] == "describedby"]
    assert str(link["url"]).endswith(f"/api/v1/pieces/{piece['id']}/provenance")


@pytest.mark.parametrize("path", ["/", "/embed", "/exhibit", "/pieces/{id}"])
async def test_a_page_says_to_programs_what_made_the_music(
    http: aiohttp.ClientSession, piece: Any, path: str
) -> None:
    async with http.get(path.format(**piece)) as answer:
        assert answer.headers["AI-Disclosure"] == MARK
        [text] = DATA.findall(await answer.text())
    said = json.loads(text)
    for each in said.get("@graph", [said]):
        assert each["digitalSourceType"].startswith(SOURCE_TYPES)
        assert each["license"].startswith("https://spdx.org/licenses/")


async def test_what_has_no_music_in_it_is_not_marked(http: aiohttp.ClientSession) -> None:
    for path in ("/api/v1/now", "/static/page.js", "/metrics", "/nothing"):
        async with http.get(path) as answer:
            assert "AI-Disclosure" not in answer.headers
