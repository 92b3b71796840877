"""`export`: the archive as files that other programs read."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from station.errors import StationError
from station.midi_folder import MidiWriter
from station.programme import database_url
from station.progress import count_bar
from station.settings import Settings
from station.timeline import moment
from storage.database import Database
from storage.export import FORMATS, Export, Format
from storage.walk import KINDS, Scope

MIDI = Format("midi", lambda folder, came_to, _: MidiWriter(folder, came_to), kinds=("piece",))
EVERY = {**FORMATS, MIDI.name: MIDI}
PATIENCE_SECONDS = 120.0  # counting a million rows on a server takes its time


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    export = add("export", help="the archive as CSV, JSON Lines, Parquet or MIDI files")
    export.add_argument(
        "-o", "--output", type=Path, required=True, help="folder; with jsonl also a file .jsonl"
    )
    export.add_argument("--format", choices=EVERY, required=True)
    export.add_argument("--station", help="what was on air there (default: all there is)")
    export.add_argument(
        "--from", dest="since", type=_time, metavar="TIME", help="on air from then on, in UTC"
    )
    export.add_argument(
        "--to", dest="until", type=_time, metavar="TIME", help="... and before that time"
    )
    export.add_argument("--force", action="store_true", help="replace an export that is there")
    export.set_defaults(command=export_archive)


def export_archive(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    try:
        scope = Scope(arguments.station, arguments.since, arguments.until)
    except ValueError as error:
        raise StationError(f"--to {error}") from error
    database = Database.open(database_url(settings), answer_seconds=PATIENCE_SECONDS)
    try:
        return _export(database, scope, arguments)
    finally:
        database.close()


def _export(database: Database, scope: Scope, arguments: argparse.Namespace) -> int:
    output: Path = arguments.output
    export = Export(database, EVERY[arguments.format], scope, output, replace=arguments.force)
    done = export.done
    if done:
        print(f"going on after {done:,} rows of an earlier try", file=sys.stderr)
    with count_bar(export.rows(), "rows", arguments.format, done) as bar:
        export.run(bar.update)
    counts = (f"{rows:,} {KINDS[name].plural}" for name, rows in export.counts.items() if rows)
    print(f"{output}: {', '.join(counts).replace('_', ' ') or 'nothing was on air'}")
    for reason in export.damaged:
        print(f"left out: {reason}", file=sys.stderr)
    return 1 if export.damaged else 0


def _time(text: str) -> datetime:
    try:
        return moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
