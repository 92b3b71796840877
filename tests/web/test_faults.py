"""What listeners notice when something dies, or is told to end."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import aiohttp

from renderer.framing import split_mp3
from tests.web.conftest import OnAir, is_running, metric, on_air, until
from tests.web.listening import decode, listen

CLOSING_SECONDS = 5.0


async def test_when_the_generator_is_killed_the_stream_goes_on_and_music_is_made_again(
    station: OnAir, http: aiohttp.ClientSession
) -> None:
    async def worker() -> int | None:
        up = await metric(http, "latentfm_generator_up") == 1
        return station.workers()[0] if up and station.workers() else None

    async with listen(station.port, "/stream.mp3") as listening:
        made = await metric(http, "latentfm_generated_seconds_total")
        faults = await metric(http, "latentfm_generator_faults_total")
        os.kill(await until(worker), signal.SIGKILL)
        # Other controls want other music: what lies on the shelf goes, and more is asked for.
        for tempo in (1.1, 1.0):
            change = {"tempo": tempo}
            async with http.patch("/api/v1/controls", json=change, headers=station.operator) as a:
                assert a.status == 200

        async def made_more() -> bool:
            return await metric(http, "latentfm_generated_seconds_total") > made

        await until(worker)
        await until(made_more)
        data = await listening.read(8 * 16_000)
    assert await metric(http, "latentfm_generator_faults_total") == faults + 1
    frames, _ = split_mp3(data)
    assert abs(len(decode(data, "mp3")) - 1152 * len(frames)) <= 1152


async def test_told_to_end_it_ends_the_streams_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with on_air(tmp_path) as station:
        async with (
            listen(station.port, "/stream.mp3") as mp3,
            listen(station.port, "/stream.opus") as opus,
            listen(station.port, "/api/v1/events") as events,
        ):
            workers = station.workers()
            station.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(CLOSING_SECONDS):
                last = [await each.reader.read() for each in (mp3, opus, events)]
                status = await asyncio.to_thread(station.process.wait)
    assert status == 0
    assert all(last)
    assert len(decode(last[0], "mp3")) > 0
    assert workers
    assert not any(map(is_running, workers))


async def test_a_port_that_is_taken_is_said_in_plain_words(station: OnAir, tmp_path: Path) -> None:
    try:
        with on_air(tmp_path, port=station.port):
            raise RuntimeError("two stations on one port")
    except AssertionError:
        log = (tmp_path / "log").read_text()
    assert f"port {station.port} on 127.0.0.1 is taken" in log
    assert "Traceback" not in log
