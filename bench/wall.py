"""What the exhibit's wall costs, how it treats a screen, and whether it grows. In Chromium.

    python -m bench.wall cost [--size 1920x1080] [--seconds 10]
    python -m bench.wall screen [--days 2] [--looks 600]
    python -m bench.wall week [--weeks 1]

`cost`: time of the page's main thread for each picture, by scene, and how many came a second, of
those that the scene wants; without a graphics card, so drawing and painting are both in it.
`screen`: the wall is looked at at random moments; for each pixel, in how many of them it was
brighter than half, and which share of the wall was ever so for more than a tenth of the time.
`week`: what is left in memory as the weeks go by, garbage collected.

All play recorded pieces (tests/web/evening.json) from a server in this process.
"""

from __future__ import annotations

import argparse
import asyncio
import random

import numpy as np
from playwright.async_api import Browser, Page

from tests.web.conftest import chromium
from tests.web.evening import Evening
from tests.web.test_exhibit_wall import HOURS, SCENES, held, pass_by, picture, wall

COUNT_FRAMES = """async (scene) => {
  const { SCENES } = await import(new URL("static/scenes/index.js", document.baseURI));
  window.frames = 0;
  const count = () => { window.frames += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
  return SCENES[scene].framesASecond;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["cost", "screen", "week"])
    parser.add_argument("--size", default="1920x1080", help="of the wall, in cost")
    parser.add_argument("--seconds", type=float, default=10, help="of each scene, in cost")
    parser.add_argument("--days", type=float, default=2, help="that the looks are spread over")
    parser.add_argument("--looks", type=int, default=600)
    parser.add_argument("--weeks", type=int, default=1)
    asyncio.run(measure(parser.parse_args()))


async def measure(wanted: argparse.Namespace) -> None:
    async with chromium() as browser:
        if wanted.what == "cost":
            wide, high = map(int, wanted.size.split("x"))
            await cost(browser, wide, high, wanted.seconds)
        elif wanted.what == "screen":
            await screen(browser, wanted.days, wanted.looks)
        else:
            await week(browser, wanted.weeks)


async def cost(browser: Browser, wide: int, high: int, seconds: float) -> None:
    print(f"{wide} x {high}\n| scene | ms a picture | a second | wanted |\n|---|---|---|---|")
    for scene in (*SCENES, "invitation", "night"):
        evening = Evening(seconds=200)
        async with evening.open() as url:
            page = await browser.new_page(viewport={"width": wide, "height": high})
            playing = asyncio.create_task(_play(evening))
            await page.goto(f"{url}/exhibit?scene={scene}")
            await asyncio.sleep(6)  # to fade in, and to draw what is drawn once
            spent_ms, frames, wanted = await _spent(page, scene, seconds)
            came = min(frames / seconds, wanted)
            each_ms = spent_ms / seconds / came
            print(f"| {scene} | {each_ms:.1f} | {came:.0f} | {wanted} |", flush=True)
            playing.cancel()
            await page.close()


async def _spent(page: Page, scene: str, seconds: float) -> tuple[float, int, int]:
    """Main thread's ms over some seconds, the browser's frames, the pictures a second wanted."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Performance.enable", {"timeDomain": "threadTicks"})  # whatever else runs
    wanted = await page.evaluate(COUNT_FRAMES, scene)
    before = await held(devtools, collect=False)
    await asyncio.sleep(seconds)
    after = await held(devtools, collect=False)
    spent = after["TaskDuration"] - before["TaskDuration"]
    return 1_000 * spent, max(1, await page.evaluate("window.frames")), wanted


async def _play(evening: Evening) -> None:
    """In real time."""
    while True:
        await asyncio.sleep(0.5)
        evening.pass_by(0.5)


async def screen(browser: Browser, days: float, looks: int) -> None:
    luck = random.Random(5)
    bright: dict[str, list[np.ndarray]] = {}
    async with wall(browser, Evening()) as page:
        await page.evaluate(HOURS, 0)  # the night hour would begin a new page
        for _ in range(looks):
            await pass_by(page, luck.uniform(0, 2 * days * 86_400 / looks))
            scene = await page.evaluate("latentfm.scene()")
            bright.setdefault(scene, []).append(await picture(page) > 0.5)
    print("| scene | looks | brightest pixel | ever bright |\n|---|---|---|---|")
    for scene, seen in [
        *bright.items(),
        ("all", [each for row in bright.values() for each in row]),
    ]:
        share = np.mean(seen, axis=0)
        at = np.unravel_index(share.argmax(), share.shape)
        print(f"| {scene} | {len(seen)} | {share.max():.1%} at {at} | {np.mean(share > 0):.1%} |")


async def week(browser: Browser, weeks: int) -> None:
    async with wall(browser, Evening()) as page:
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Performance.enable")
        print("| hours | heap MB | nodes | listeners |\n|---|---|---|---|")
        hours = 0
        for more in (6, 18, 24, *[24] * (7 * weeks - 2)):
            await page.evaluate(HOURS, more)
            hours += more
            found = await held(devtools)
            heap = found["JSHeapUsedSize"] / 1e6
            print(
                f"| {hours} | {heap:.2f} | {found['Nodes']} | {found['JSEventListeners']} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
