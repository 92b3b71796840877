"""`inputs`: what people, sensors and clocks did to the music and to the room, in order."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

from station.errors import StationError
from station.exhibit.room import ROOM
from station.programme import database_url
from station.settings import Settings
from station.timeline import moment
from storage.database import Database
from storage.records import StationEvent
from storage.walk import KINDS, Scope, walk

INPUTS = ("controls", "skip", "show", ROOM)  # kinds of events; the others are the station's own


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    inputs = add("inputs", help="what was turned, by whom: controls, skips, shows, the room")
    inputs.add_argument("--station", help="which station (default: the first)")
    inputs.add_argument("--from", dest="since", metavar="TIME", help="from then on, in UTC")
    inputs.add_argument("--to", dest="until", metavar="TIME", help="... and before that time")
    inputs.add_argument("--json", action="store_true", help="a JSON object a line")
    inputs.set_defaults(command=list_inputs)


def list_inputs(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    station = arguments.station or next(iter(settings.stations))
    if station not in settings.stations:
        raise StationError(f"no station is called {station!r}: {', '.join(settings.stations)}")
    try:
        scope = Scope(station, _time(arguments.since), _time(arguments.until))
    except ValueError as error:
        raise StationError(str(error)) from error
    database = Database.open(database_url(settings))
    found = 0
    with closing(database):
        for event in inputs(database, scope):
            found += 1
            print(_line_of_json(event) if arguments.json else _line(event))
    if not found:
        print(f"nobody has turned anything on {station} then", file=sys.stderr)
    return 0


def inputs(database: Database, scope: Scope) -> Iterator[StationEvent]:
    """Oldest first."""
    for page in walk(database, KINDS["event"], scope):
        for record in page.records:
            if isinstance(record, StationEvent) and record.kind in INPUTS:
                yield record


def _line(event: StationEvent) -> str:
    detail = dict(event.detail)
    source = detail.pop("source", "clock" if event.kind == "show" else "http")
    said = ", ".join(f"{name} {_said(value)}" for name, value in detail.items())
    return f"{event.at:%Y-%m-%d %H:%M:%S}Z  {event.kind:<8}  {source:<16}  {said}".rstrip()


def _line_of_json(event: StationEvent) -> str:
    said = {"at": event.at.isoformat(), "station": event.station, "kind": event.kind}
    return json.dumps(said | event.detail, ensure_ascii=False)


def _said(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "-"}[value]
    return str(value)


def _time(text: str | None) -> datetime | None:
    return None if text is None else moment(text)
