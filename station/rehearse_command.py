"""`rehearse`: what is coming, in figures; and its joins to listen to. Nothing goes on air."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any

from renderer.balancer import Balancer
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.recording import Recording
from station.errors import StationError
from station.fonts import open_fonts, wanted
from station.join_reel import reel, reel_frames
from station.occasion import Occasion, add_options, occasion, seconds_asked
from station.progress import music_bar
from station.rehearsal import HEADING, Item, rehearse, summary, to_json

HOUR = 3600
MOST_HOURS = 48
JSON, PLOT, JOINS = "rehearsal.json", "rehearsal.png", "joins.flac"


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    command = add("rehearse", help="what a station would play, in figures, without airing it")
    command.add_argument("--hours", type=float, default=1, help="of programme (default: 1)")
    command.add_argument(
        "-o", "--output", type=Path, default=Path("rehearsal"), help="folder (default: rehearsal)"
    )
    command.add_argument(
        "--joins", action="store_true", help=f"also render the joins back to back: {JOINS}"
    )
    add_options(command)
    command.set_defaults(command=rehearse_programme)


def rehearse_programme(arguments: argparse.Namespace) -> int:
    seconds = seconds_asked(arguments.hours, "--hours", HOUR, MOST_HOURS)
    asked = occasion(arguments)
    folder: Path = arguments.output
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StationError(f"cannot write to {folder}: {error.strerror}") from error
    items: list[Item] = []
    asyncio.run(_rehearse(asked, seconds, items))
    print(f"{summary(items)}; seed {asked.seed}")
    (folder / JSON).write_text(to_json(items, asked.seed))
    _draw(asked, items, folder / PLOT)
    if arguments.joins:
        _render_joins(asked, items, folder / JOINS)
    print(f"in {folder}")
    return 0 if items and items[-1].end >= seconds * SAMPLE_RATE_HZ else 130


async def _rehearse(asked: Occasion, seconds: float, items: list[Item]) -> None:
    """Compose and print, until it is over or Ctrl-C: then what there is."""
    generator = asked.generator()
    total = round(seconds * SAMPLE_RATE_HZ)
    with music_bar(total, "rehearsal") as bar:
        try:
            bar.write(HEADING, sys.stdout)
            async for item in rehearse(asked.offline(generator, None), seconds):
                items.append(item)
                bar.write(item.row, sys.stdout)
                bar.update(min(total, item.end) - bar.n)
        except asyncio.CancelledError:
            if not items:
                raise
        finally:
            await generator.close()


def _draw(asked: Occasion, items: list[Item], path: Path) -> None:
    try:
        from station.rehearsal_plot import draw
    except ImportError:
        print(
            "no plot without matplotlib: pip install -r requirements-training.lock",
            file=sys.stderr,
        )
        return
    draw(items, path, f"{asked.station.title}, seed {asked.seed}")


def _render_joins(asked: Occasion, items: list[Item], path: Path) -> None:
    joins = [item.join for item in items if item.join is not None]
    if not joins:
        raise StationError("there is no join in so short a programme: give more --hours")
    fonts, _ = open_fonts(asked.settings)
    make_synth = fonts.only(wanted(asked.settings)).loaded().synth
    title = f"{asked.station.title}, {len(joins)} joins, seed {asked.seed}"
    recording = Recording(path, title=title, artist=asked.station.title)
    with (
        recording,
        contextlib.suppress(KeyboardInterrupt),  # what there is makes a whole file
        music_bar(reel_frames(joins), "joins") as bar,
    ):
        for samples in reel(joins, make_synth, Balancer(make_synth)):
            recording.write(samples)
            bar.update(len(samples))
    print(f"{path}: {recording.seconds:.0f} s")
