"""The JSON API: shapes, limits, files, and errors that say what to do."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
import pretty_midi
import pytest

from tests.web.conftest import OnAir, get, until
from tests.web.listening import RATE_HZ, decode

NO_PIECE = "0" * 20


@pytest.fixture
async def piece(http: aiohttp.ClientSession) -> Any:
    """A piece that was aired, once the journal has it in the database."""

    async def newest() -> Any:
        airings = (await get(http, "/api/v1/history?limit=1"))["airings"]
        return airings and airings[0]["piece"]

    return await get(http, (await until(newest))["links"]["self"])


async def test_now_tells_what_plays_where(http: aiohttp.ClientSession) -> None:
    now = await get(http, "/api/v1/now")
    playing, position = now["playing"], now["position"]
    assert playing["position"] <= position <= playing["position"] + playing["frames"]
    assert now["recent"][-1] == playing
    assert (now["station"], now["title"]) == ("main", "Prüfstand ☕")


async def test_now_has_the_notes_of_the_pieces_it_names(http: aiohttp.ClientSession) -> None:
    piece = (await get(http, "/api/v1/now"))["playing"]["piece"]
    notes = [note for part in ("melody", "bass", "drums") for note in piece["trio"][part]]
    assert notes
    assert all(0 <= start < end <= piece["steps"] for start, end, *_ in notes)


async def test_a_piece_tells_whose_sounds_it_is_played_with(piece: Any) -> None:
    font = piece["soundfont"]
    assert font["name"] == "TimGM6mb"
    assert font["licence"].startswith("GPL")
    assert "Tim Brechbill" in font["credits"]


async def test_a_piece_tells_what_it_was_chosen_from(http: aiohttp.ClientSession) -> None:
    async def sampled() -> Any:
        now = await get(http, "/api/v1/now")
        pieces = [now["next"], *(start["piece"] for start in now["recent"])]
        return next((each for each in pieces if each and each["origin"] == "sampled"), None)

    verdict = (await until(sampled))["verdict"]
    assert 0 < verdict["total"] <= 1
    assert verdict["terms"]["filled"] > 0
    assert sum(verdict["rejected"].values()) == verdict["candidates"] - 1


async def test_stations_lists_each_with_its_streams(http: aiohttp.ClientSession) -> None:
    main, night = await get(http, "/api/v1/stations")
    assert [each["url"] for each in main["streams"]][:2] == ["/stream.mp3", "/stream.opus"]
    assert night["streams"][0]["url"] == "/stations/night/stream.mp3"


async def test_a_station_can_be_asked_for_by_name(http: aiohttp.ClientSession) -> None:
    assert (await get(http, "/api/v1/now?station=night"))["station"] == "night"


async def test_history_goes_back_page_by_page(station: OnAir, http: aiohttp.ClientSession) -> None:
    async with http.post("/api/v1/skip", headers=station.operator):  # or it takes a whole piece
        pass

    async def two() -> Any:
        return len(aired := (await get(http, "/api/v1/history"))["airings"]) > 1 and aired

    newest, second, *_ = await until(two)
    params = {"limit": "1", "before": newest["utc"]}
    async with http.get("/api/v1/history", params=params) as answer:
        assert (await answer.json())["airings"] == [second]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("limit=0000000011", "limit"),
        ("limit=" + 5000 * "9", "limit"),
        ("before=yesterday", "before"),
        ("before=0001-01-01T00:00:00%2B14:00", "before"),
    ],
)
async def test_a_bad_parameter_is_named(
    http: aiohttp.ClientSession, query: str, named: str
) -> None:
    async with http.get(f"/api/v1/history?{query}") as answer:
        assert answer.status == 400
        assert named in (await answer.json())["error"]


async def test_a_midi_file_has_the_notes_of_its_piece(
    http: aiohttp.ClientSession, piece: Any
) -> None:
    async with http.get(piece["links"]["midi"]) as answer:
        file = await answer.read()
        assert (answer.status, answer.content_type) == (200, "audio/midi"), file[:200]
    assert file.startswith(b"MThd"), (answer.headers, file[:200])
    song = pretty_midi.PrettyMIDI(io.BytesIO(file))
    written = sorted((n.pitch, i.is_drum) for i in song.instruments for n in i.notes)
    parts = piece["trio"]
    assert written == sorted(
        (note[2], part == "drums") for part in ("melody", "bass", "drums") for note in parts[part]
    )


async def test_an_mp3_file_lasts_as_long_as_its_piece(
    http: aiohttp.ClientSession, piece: Any
) -> None:
    async with http.get(piece["links"]["mp3"]) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        sound = decode(await answer.read(), "file")
    assert piece["seconds"] <= len(sound) / RATE_HZ < piece["seconds"] + 8  # its last notes ring


@pytest.mark.parametrize(
    "path",
    [
        "/api/nothing",
        "/api/v1/now?station=elsewhere",
        f"/api/v1/pieces/{NO_PIECE}",
        f"/api/v1/pieces/{NO_PIECE}.mid",
        f"/api/v1/pieces/{NO_PIECE}.mp3",
        "/api/v1/sessions/nobody-asked-with-it",
        "/api/nowplaying/elsewhere",
    ],
)
async def test_what_is_not_there_is_a_404_in_json(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as answer:
        body = await answer.json()
        assert (answer.status, body["status"], type(body["error"])) == (404, 404, str)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_wrong_method_is_a_405_in_json(http: aiohttp.ClientSession) -> None:
    async with http.delete("/api/v1/now") as answer:
        assert ((await answer.json())["status"], answer.headers["Allow"]) == (405, "GET,HEAD")


async def test_the_schedule_knows_the_shows_and_the_next_jobs(http: aiohttp.ClientSession) -> None:
    schedule = await get(http, "/api/v1/schedule")
    assert schedule["shows"]["main"] == {"on": "Test", "timezone": "UTC"}
    assert "top up night" in {job["job"] for job in schedule["jobs"]}


# Api_NowPlaying in AzuraCast's documentation.
AZURACAST = {
    "station": "id name shortcode description timezone listen_url url public_player_url "
    "playlist_pls_url playlist_m3u_url is_public mounts remotes hls_enabled hls_url "
    "hls_is_default hls_listeners",
    "listeners": "total unique current",
    "live": "is_live streamer_name broadcast_start art",
    "now_playing": "sh_id played_at duration playlist streamer is_request song elapsed remaining",
    "playing_next": "cued_at duration playlist is_request song",
}


async def test_nowplaying_has_the_shape_that_azuracast_widgets_read(
    http: aiohttp.ClientSession,
) -> None:
    async def whole() -> Any:
        body = await get(http, "/api/nowplaying/main")
        return body["playing_next"] and body

    body = await until(whole)
    assert {k: set(body[k]) for k in AZURACAST} == {k: set(v.split()) for k, v in AZURACAST.items()}
    assert {"song_history", "is_online", "cache"} < body.keys()
    song = body["now_playing"]["song"]
    assert song["text"] == f"{song['artist']} - {song['title']}"


async def test_the_addresses_in_nowplaying_lead_somewhere(http: aiohttp.ClientSession) -> None:
    for station in [each["station"] for each in await get(http, "/api/nowplaying")]:
        urls = [station[key] for key in station if key.endswith("url")]
        for url in [*urls, *(mount["url"] for mount in station["mounts"])]:
            async with http.head(url) as answer:
                assert answer.status == 200, url


async def test_what_plays_is_not_in_the_history_yet(http: aiohttp.ClientSession) -> None:
    body, *_ = await get(http, "/api/nowplaying")  # a list of all stations, as AzuraCast's
    playing = body["now_playing"]["sh_id"]
    assert all(each["sh_id"] < playing for each in body["song_history"])
