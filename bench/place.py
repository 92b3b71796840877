"""Is what a listener hears where the page says it is? Measured in a real browser, to the frame.

    python -m bench.place [--rounds 3] [--late 30]

A station in this process broadcasts noise that tells its own position. Chromium plays it with the
player's own code, every mount and HLS, changing from one to the next while it plays. Beside each
look at the player's word for what is heard, the sound of its audio element is kept, and the two are
compared. Prints the error as a table, in ms: the median and the worst; above 0, the player is ahead
of the sound. The time from Chromium to a loudspeaker is not in it. ffmpeg's rows are the promise of
/api/v1/sessions alone: the position of the first frame a decoder gives back.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
from collections import defaultdict
from pathlib import Path
from secrets import token_hex
from statistics import median

import aiohttp
import numpy as np
from playwright.async_api import Browser, Page

from renderer.formats import mount_path
from renderer.pcm import SAMPLE_RATE_HZ
from station.hls import HLS
from station.settings import GeneratorSettings, ServerSettings, Settings, StorageSettings
from tests.web.conftest import chromium
from tests.web.place import BARE, error_ms, hear, landmark_station, lend_an_ear

LISTEN_SECONDS = 3.0
OLD_SECONDS = 12.0  # of the station, before anybody joins: nobody's bytes begin at position 0
PATIENCE_MS = 30_000
FORMAT_IS = "(format) => latentfm.player.format === format"
KNOWS = "() => latentfm.heardPosition() !== null"
ENDED = "() => latentfm.audio.dispatchEvent(new Event('ended'))"
PAUSED = """() => {
  latentfm.player.stop();
  latentfm.player.play();
}"""

Errors = dict[tuple[str, str], list[float]]  # ms, by (what plays, when)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="joins of each mount")
    parser.add_argument("--late", type=float, default=30.0, help="seconds until a second look")
    parser.add_argument("--port", type=int, default=0, help="0 for any that is free")
    wanted = parser.parse_args()
    logging.disable(logging.ERROR)  # that there is no model, for one
    errors = asyncio.run(measure(wanted.port, wanted.rounds, wanted.late))
    print("| plays | when | looks | median ms | worst ms |\n|---|---|---|---|---|")
    for (player, when), found in errors.items():
        worst = max(found, key=abs)
        print(f"| {player} | {when} | {len(found)} | {median(found):+.1f} | {worst:+.1f} |")


async def measure(port: int, rounds: int, late_seconds: float) -> Errors:
    errors: Errors = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            server=ServerSettings(host="127.0.0.1", port=port),
            storage=StorageSettings(folder=Path(folder)),
            generator=GeneratorSettings(model=Path(folder, "none")),  # patterns: on air at once
        )
        async with landmark_station(settings) as (programme, url), chromium() as browser:
            await asyncio.sleep(OLD_SECONDS)
            for _ in range(rounds):
                for name, mount in programme.first.mounts.items():
                    await in_ffmpeg(url, name, mount.format.has_icy, errors)
                await in_player(browser, url, [*programme.first.mounts, HLS], late_seconds, errors)
    return errors


async def in_player(
    browser: Browser, url: str, formats: list[str], late_seconds: float, errors: Errors
) -> None:
    """One player, that changes its format when it was heard for long enough in the last."""
    page = await browser.new_page(base_url=url)
    await page.goto("/healthz")
    await page.evaluate(BARE)
    await lend_an_ear(page)
    for name in formats:
        player = f"Chromium, {name}"
        await page.evaluate("(format) => latentfm.player.choose(format)", name)
        await page.wait_for_function(FORMAT_IS, arg=name, timeout=PATIENCE_MS)
        await page.evaluate("latentfm.player.play()")
        errors[player, "chosen"] += await look(page)
        await asyncio.sleep(late_seconds)
        errors[player, f"{late_seconds:g} s later"] += await look(page)
        await page.evaluate(PAUSED)
        errors[player, "after a pause"] += await look(page)
        await page.evaluate(ENDED)
        errors[player, "after a reconnect"] += await look(page)
    await page.close()


async def look(page: Page) -> list[float]:
    """The errors of some seconds, once the page says where it is."""
    await page.wait_for_function(KNOWS, timeout=PATIENCE_MS)
    await asyncio.sleep(1.0)
    heard = await hear(page, LISTEN_SECONDS)
    return await asyncio.to_thread(heard.errors_ms)


async def in_ffmpeg(url: str, name: str, has_icy: bool, errors: Errors) -> None:
    for icy in (0, 1)[: 1 + has_icy]:
        key = token_hex(16)
        stream = f"{url}/{mount_path(name)}?session={key}"
        command = ["ffmpeg", "-nostdin", "-v", "error", "-icy", str(icy), "-i", stream]
        command += ["-t", str(LISTEN_SECONDS), "-ac", "1", "-ar", str(SAMPLE_RATE_HZ)]
        process = await asyncio.create_subprocess_exec(
            *command, "-f", "f32le", "pipe:", stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(PATIENCE_MS / 1_000):
            sound, _ = await process.communicate()
        async with aiohttp.request("GET", f"{url}/api/v1/sessions/{key}") as answer:
            position = (await answer.json())["position"]
        error = await asyncio.to_thread(error_ms, np.frombuffer(sound, "<f4"), position)
        errors[f"ffmpeg, {name}{' with titles' if icy else ''}", "joined"].append(error)


if __name__ == "__main__":
    main()
