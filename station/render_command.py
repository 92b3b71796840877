"""`render`: a piece of the log again, or a programme that nobody has heard, as a file."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from generators.music import Piece
from renderer.balancer import Balancer
from renderer.files import FILES, Take
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.recording import Recording
from renderer.synth import Synth
from station.commands import stored_piece
from station.errors import StationError
from station.fonts import open_fonts, wanted
from station.occasion import Occasion, add_options, occasion, seconds_asked
from station.programme import database_url
from station.progress import music_bar
from station.settings import Settings
from storage.database import Database

MOST_MINUTES = 24 * 60
STEMS = "stems.zip"


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    render = add("render", help="make a piece again, or a whole programme, as a file")
    render.add_argument("piece_id", nargs="?", help="of a piece, as `history` prints it")
    render.add_argument("--minutes", type=float, help="of a new programme, in place of a piece")
    render.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        help="ends in .wav, .mp3, .flac or .ogg; a piece also in .mid or .musicxml, its stems in "
        ".zip",
    )
    render.add_argument("--stems", action="store_true", help="a piece's parts, each by itself")
    add_options(render)
    render.set_defaults(command=render_file)


def render_file(arguments: argparse.Namespace) -> int:
    if (arguments.piece_id is None) == (arguments.minutes is None):
        raise StationError(
            "say what to render, one of two: `latentfm render ID -o piece.flac`, or "
            "`latentfm render --minutes 30 -o programme.flac`"
        )
    if arguments.minutes is None:
        return _render_piece(arguments)
    if arguments.stems:
        raise StationError("--stems are of one piece: latentfm render ID --stems -o stems.zip")
    return _render_programme(arguments)


def _render_piece(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    output: Path = arguments.output
    kind = output.suffix.lstrip(".").lower()
    kinds = {"zip": STEMS} if arguments.stems else {name: name for name in FILES if name != STEMS}
    if kind not in kinds:
        raise StationError(
            f"cannot tell what to make from {output.name!r}: end it in "
            f"{', '.join('.' + name for name in kinds)}"
        )
    piece = _stored(settings, arguments.piece_id)
    fonts, _ = open_fonts(settings)
    station = next(iter(settings.stations.values()))
    data = FILES[kinds[kind]].make(Take(piece, fonts.of(piece).synth, station.title))
    try:
        output.write_bytes(data)
    except OSError as error:
        raise StationError(f"cannot write {output}: {error.strerror}") from error
    print(f"{output}: {piece.title}, {piece.seconds:.0f} s")
    return 0


def _stored(settings: Settings, piece_id: str) -> Piece:
    database = Database.open(database_url(settings))
    try:
        return stored_piece(database, piece_id)
    finally:
        database.close()


def _render_programme(arguments: argparse.Namespace) -> int:
    seconds = seconds_asked(arguments.minutes, "--minutes", 60, MOST_MINUTES)
    asked = occasion(arguments)
    fonts, _ = open_fonts(asked.settings)
    make_synth = fonts.only(wanted(asked.settings)).loaded().synth
    recording = Recording(
        arguments.output,
        title=f"{asked.station.title}, seed {asked.seed}",
        artist=asked.station.title,
    )
    with recording:
        asyncio.run(_record(asked, make_synth, recording, seconds))
    whole = recording.seconds >= seconds
    state = "" if whole else f" (stopped: {seconds / 60:g} minutes were asked for)"
    length = "{}:{:02}".format(*divmod(round(recording.seconds), 60))
    print(f"{arguments.output}: {length} of {asked.station.title}, seed {asked.seed}{state}")
    return 0 if whole else 130


async def _record(
    asked: Occasion, make_synth: Callable[[], Synth], recording: Recording, seconds: float
) -> None:
    """Record so much, or until Ctrl-C: then what there is. Either way the end fades out."""
    generator = asked.generator()
    offline = asked.offline(generator, Balancer(make_synth))
    held: np.ndarray | None = None  # a block is kept back, for it may be the last
    with music_bar(round(seconds * SAMPLE_RATE_HZ), "programme") as bar:
        try:
            async with contextlib.aclosing(offline.sound(make_synth, seconds)) as sound:
                async for samples in sound:
                    if held is not None:
                        recording.write(held)
                    held = samples
                    bar.update(len(samples))
                    await asyncio.sleep(0)  # here Ctrl-C is heard
        except asyncio.CancelledError:
            if held is None:
                raise
        finally:
            await generator.close()
    if held is not None:
        recording.write(held * np.linspace(1, 0, len(held), dtype=np.float32)[:, None])
