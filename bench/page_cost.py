"""What a page of the station costs its listener's machine, shown and hidden.

    python -m bench.page_cost --url http://127.0.0.1:8000 [--path /] [--seconds 20]

A Chromium of its own plays the page for some seconds in a tab that is shown, then in the same tab
behind another. Prints the share of a core that the page's main thread took, by the kernel's own
account; its tasks and scripts by Chromium's, which counts waiting for a busy machine too; and how
many pictures of the roll were drawn a second. There is no GPU: with one, drawing costs less.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-port=0",
    "--window-size=1280,800",
)
SETTLE_SECONDS = 6.0
PLAY = "document.getElementById('play').click()"
COUNT = """(() => {
  window.pictures = 0;
  const draw = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    if (this.canvas.id === "roll") window.pictures += 1;
    return draw.apply(this, box);
  };
})()"""


class DevTools:
    """One Chromium's DevTools, spoken to directly: Playwright's own pages are never hidden."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def ask(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        call = {"id": number, "method": method, "params": params}
        await self._socket.send_json(call | ({"sessionId": session} if session else {}))
        async for message in self._socket:
            answer = json.loads(message.data)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                found: dict[str, Any] = answer["result"]
                return found
        raise RuntimeError(f"{method}: Chromium is gone")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--path", default="/")
    parser.add_argument("--seconds", type=float, default=20.0)
    wanted = parser.parse_args()
    asyncio.run(measure(wanted.url + wanted.path, wanted.seconds))


async def measure(url: str, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        chromium = await asyncio.create_subprocess_exec(
            shutil.which("chromium") or "chromium",
            *FLAGS,
            f"--user-data-dir={folder}",
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            address = await _address(chromium)
            async with aiohttp.ClientSession() as http, http.ws_connect(address) as socket:
                await _look(DevTools(socket), url, seconds)
        finally:
            chromium.terminate()
            await chromium.wait()


async def _address(chromium: asyncio.subprocess.Process) -> str:
    assert chromium.stderr is not None
    async for line in chromium.stderr:
        if found := re.search(r"ws://\S+", line.decode()):
            return found[0]
    raise RuntimeError("Chromium did not start")


async def _look(devtools: DevTools, url: str, seconds: float) -> None:
    target = (await devtools.ask("Target.createTarget", url=url))["targetId"]
    attached = await devtools.ask("Target.attachToTarget", targetId=target, flatten=True)
    session = attached["sessionId"]
    await devtools.ask("Performance.enable", session)
    await asyncio.sleep(SETTLE_SECONDS / 2)
    for script in (COUNT, PLAY):
        await devtools.ask("Runtime.evaluate", session, expression=script)
    await asyncio.sleep(SETTLE_SECONDS / 2)
    processes = (await devtools.ask("SystemInfo.getProcessInfo"))["processInfo"]
    renderers = [each["id"] for each in processes if each["type"] == "renderer"]
    print("| tab | main thread | tasks | scripts | pictures a second |\n|---|---|---|---|---|")
    for tab in ("shown", "hidden"):
        if tab == "hidden":
            other = await devtools.ask("Target.createTarget", url="about:blank")
            await devtools.ask("Target.activateTarget", targetId=other["targetId"])
            await asyncio.sleep(SETTLE_SECONDS / 2)
        before = await _account(devtools, session, renderers)
        await asyncio.sleep(seconds)
        after = await _account(devtools, session, renderers)
        wall = after["wall"] - before["wall"]
        share = {name: (after[name] - before[name]) / wall for name in after}
        really = await _value(devtools, session, "document.visibilityState")
        print(
            f"| {tab} ({really}) | {share['cpu']:.1%} | {share['tasks']:.1%} "
            f"| {share['scripts']:.1%} | {share['pictures']:.1f} |"
        )


async def _account(devtools: DevTools, session: str, renderers: list[int]) -> dict[str, float]:
    told = (await devtools.ask("Performance.getMetrics", session))["metrics"]
    metrics = {each["name"]: float(each["value"]) for each in told}
    return {
        "wall": time.monotonic(),
        "cpu": sum(_thread_seconds(pid) for pid in renderers),
        "tasks": metrics["TaskDuration"],
        "scripts": metrics["ScriptDuration"],
        "pictures": float(await _value(devtools, session, "window.pictures")),
    }


async def _value(devtools: DevTools, session: str, script: str) -> Any:
    answer = await devtools.ask("Runtime.evaluate", session, expression=script)
    return answer["result"]["value"]


def _thread_seconds(pid: int) -> float:
    """Of a process's main thread, since it began."""
    fields = Path(f"/proc/{pid}/task/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
