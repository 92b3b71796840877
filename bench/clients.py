"""Does everything play? Every mount of a running station, with every player there is.

    python -m bench.clients --url http://127.0.0.1:8000 --minutes 2 [--hls-js hls.min.js]

All at once, for so many minutes: ffmpeg, mpg123, mpv, VLC, Chromium's `<audio>`, hls.js in Chromium
(a file from `npm pack hls.js`); ffmpeg and mpg123 besides joining anew every few seconds; and
two raw listeners a mount, whose bytes must be the same. Prints a table: seconds heard beside
seconds passed (the burst makes them more), and every line a player had to complain. Ends with 1
where one did. A player that is not installed is left out and named.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import sys
import urllib.request
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.browser_players import in_chromium
from bench.continuity import compared
from bench.players import PROGRAMS, Played, installed, join_again, play

JOIN_SECONDS = 10.0
JOINING = {"ffmpeg": ("mp3", "opus", "opus-tagged", "aac", "flac", "hls"), "mpg123": ("mp3",)}
MOST_SAID = 4  # lines a row
HLS = "/hls/live.m3u8"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--minutes", type=float, default=2.0, help="at least 0.5")
    parser.add_argument("--hls-js", type=Path, help="hls.js's own file; without it not in Chromium")
    parser.add_argument("--only", help="clients, by the beginning of their names: ffmpeg,mpv")
    wanted = parser.parse_args()
    if not ipaddress.ip_address(urlsplit(wanted.url).hostname or "").is_loopback:
        parser.error("a station on this machine, by its address: http://127.0.0.1:8000")
    only = tuple(wanted.only.split(",")) if wanted.only else ("",)
    url = wanted.url.rstrip("/")
    mounts = mounts_of(url)
    found = asyncio.run(all_at_once(url, mounts, 60 * wanted.minutes, wanted.hls_js, only))
    for name in set(PROGRAMS) - set(installed(PROGRAMS)):
        print(f"{name} is not installed", file=sys.stderr)
    print_table(found)
    sys.exit(not all(each.passed for each in found))


def mounts_of(url: str) -> dict[str, str]:
    """Path by name, of the first station."""
    with urllib.request.urlopen(f"{url}/api/v1/stations") as answer:
        streams = json.load(answer)[0]["streams"]
    mounts = {stream["format"]: stream["url"] for stream in streams}
    with urllib.request.urlopen(urllib.request.Request(url + HLS, method="HEAD")) as answer:
        return {**mounts, "hls": HLS} if answer.status == 200 else mounts


async def all_at_once(
    url: str, mounts: dict[str, str], seconds: float, hls_js: Path | None, only: tuple[str, ...]
) -> list[Played]:
    listening: list[Coroutine[Any, Any, Played]] = []
    for mount, path in mounts.items():
        for name in installed(PROGRAMS):
            if name.startswith(only) and format_of(mount) in PROGRAMS[name].mounts:
                listening.append(play(name, mount, url + path, seconds))
                if format_of(mount) in JOINING.get(name, ()):
                    listening.append(join_again(name, mount, url + path, seconds, JOIN_SECONDS))
        if "two listeners".startswith(only) and mount != "hls":
            has_icy = format_of(mount) == "mp3"
            for icy in (False, True)[: 1 + has_icy]:
                listening.append(compared(mount, url + path, icy, seconds))
    async with asyncio.TaskGroup() as together:
        tasks = [together.create_task(each) for each in listening]
        if "Chromium".startswith(only):
            browsed = together.create_task(in_chromium(url, mounts, seconds, hls_js))
    found = [task.result() for task in tasks]
    return [*found, *browsed.result()] if "Chromium".startswith(only) else found


def format_of(mount: str) -> str:
    """`mp3` of `mp3-64`, but `opus-tagged` of itself."""
    stem, _, kbps = mount.rpartition("-")
    return stem if kbps.isdigit() else mount


def print_table(found: list[Played]) -> None:
    print("| client | mount | | heard s | passed s | joins | what it said |")
    print("|---|---|---|---|---|---|---|")
    for each in sorted(found, key=lambda played: (played.client, played.mount)):
        verdict = "pass" if each.passed else "FAIL"
        known = (f"{each.known} known lines",) if each.known else ()
        said = "; ".join((*each.wrong[:MOST_SAID], *known)).replace("|", "/")
        print(
            f"| {each.client} | {each.mount} | {verdict} | {each.heard_seconds:.1f} "
            f"| {each.wall_seconds:.1f} | {each.joins} | {said} |"
        )


if __name__ == "__main__":
    main()
