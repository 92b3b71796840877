"""`replay`: what was on air at a time, as a file."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
from typing import Any

from renderer.recording import Recording
from station.errors import StationError
from station.fonts import open_fonts
from station.occasion import seconds_asked
from station.programme import database_url
from station.progress import music_bar
from station.replaying import Replay
from station.settings import Settings
from station.time_machine import TimeMachine
from station.timeline import moment
from storage.database import Database

MOST_MINUTES = 24 * 60


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    replay = add("replay", help="what was on air at a time, as a file")
    replay.add_argument("time", help="when it begins, like 2026-11-21T14:32:00Z; UTC unless said")
    replay.add_argument("--minutes", type=float, default=60.0, help="how much (default: 60)")
    replay.add_argument("--station", help="which station (default: the first)")
    replay.add_argument(
        "-o", "--output", type=Path, required=True, help="ends in .wav, .mp3, .flac or .ogg"
    )
    replay.set_defaults(command=replay_file)


def replay_file(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    station = arguments.station or next(iter(settings.stations))
    seconds = seconds_asked(arguments.minutes, "--minutes", 60, MOST_MINUTES)
    try:
        begins = moment(arguments.time)
    except ValueError as error:
        raise StationError(str(error)) from error
    fonts, _ = open_fonts(settings)
    database = Database.open(database_url(settings))
    with closing(database):
        replay = TimeMachine(database, fonts).replay(station, begins, seconds)
        title = settings.stations[station].title if station in settings.stations else station
        recording = Recording(
            arguments.output, title=f"{title}, {begins:%Y-%m-%d %H:%M:%S} UTC", artist=title
        )
        with recording:
            whole = _record(replay, recording)
    state = "" if whole else " (stopped)"
    if whole and recording.seconds < seconds:
        state = f" (there is no more of the {seconds / 60:g} minutes)"
    length = "{}:{:02}".format(*divmod(round(recording.seconds), 60))
    print(f"{arguments.output}: {length} of {title}{state}")
    return 0 if whole else 130


def _record(replay: Replay, recording: Recording) -> bool:
    """Record it, or what there is until Ctrl-C; whether that was all."""
    with music_bar(replay.frames, "replay") as bar, closing(replay.sound()) as sound:
        try:
            for block in sound:
                if len(block):
                    recording.write(block)
                    bar.update(len(block))
        except KeyboardInterrupt:
            if not recording.seconds:
                raise
            return False
    return True
