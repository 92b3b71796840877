"""Chromium as a listener: every mount in an `<audio>` of its own, and HLS through hls.js."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from bench.players import Played

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
)
# Plays one address; `played(name)` says how far it came and what went wrong.
PLAY = """([name, url, hls]) => {
  const audio = new Audio();
  const wrong = [];
  for (const event of ["waiting", "stalled", "error", "ended"]) {
    audio.addEventListener(event, () => {
      if (audio.currentTime > 0 || event !== "waiting") wrong.push(event + " " + audio.currentTime);
    });
  }
  let origin = 0;
  audio.addEventListener("loadeddata", () => (origin = audio.buffered.start(0)), { once: true });
  if (hls) {
    const player = new Hls();
    player.on(Hls.Events.ERROR, (_, { details }) => wrong.push(details));
    player.loadSource(url);
    player.attachMedia(audio);
  } else audio.src = url;
  audio.play().catch((error) => wrong.push(error.message));
  (window.playing ??= {})[name] = () => ({ heard: audio.currentTime - origin, wrong });
}"""
PLAYED = "(name) => playing[name]()"


async def in_chromium(
    url: str, mounts: dict[str, str], seconds: float, hls_js: Path | None
) -> list[Played]:
    """All at once. `mounts`: path by name, six at most, for a browser opens no more connections
    to one place; HLS needs hls.js.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS
        )
        pages = {}
        for name, path in mounts.items():
            if name == "hls" and hls_js is None:
                continue
            page = pages[name] = await browser.new_page(base_url=url, bypass_csp=True)
            await page.goto("/healthz")
            if hls_js:
                await page.add_script_tag(path=hls_js)
            await page.evaluate(PLAY, [name, url + path, name == "hls"])
        begun = time.monotonic()
        await next(iter(pages.values())).wait_for_timeout(seconds * 1_000)
        played = []
        for name, page in pages.items():
            came: dict[str, Any] = await page.evaluate(PLAYED, name)
            wall = time.monotonic() - begun
            client = "hls.js in Chromium" if name == "hls" else "Chromium `<audio>`"
            played.append(Played(client, name, came["heard"], wall, tuple(came["wrong"])))
        await browser.close()
    return played
