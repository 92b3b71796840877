"""What each command does. Faults are raised; the command line puts them in words."""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable

from generators.music import Piece
from station.errors import StationError
from station.programme import Programme, database_url
from station.settings import Settings
from station.token import has_token, new_token
from storage import queries
from storage.database import Database

Serve = Callable[[Programme, Callable[[int], None]], Awaitable[None]]


def serve(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    programme = Programme(settings)
    gc.freeze()  # what was imported stays: the collector need not walk it while on air

    def announce(port: int) -> None:
        print(_welcome(settings, port), flush=True)

    asyncio.run(arguments.serve(programme, announce))
    return 0


def stored_piece(database: Database, piece_id: str) -> Piece:
    """
    Raises:
        StationError: there is none of that id.
    """
    piece = queries.piece(database, piece_id)
    if piece is None:
        raise StationError(f"no piece has the id {piece_id!r}: see `latentfm history`")
    return piece


def history(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    station = arguments.station or next(iter(settings.stations))
    if station not in settings.stations:
        raise StationError(f"no station is called {station!r}: {', '.join(settings.stations)}")
    database = Database.open(database_url(settings))
    try:
        aired = queries.history(database, station, limit=arguments.limit)
    finally:
        database.close()
    for each in aired:
        piece, when = each.piece, each.airing.aired_at
        origin = "replayed" if each.airing.replayed else piece.origin
        facts = f"{piece.key:<9} {piece.tempo_end_qpm:5.1f} qpm {origin:<8}"
        print(f"{when:%Y-%m-%d %H:%M:%S}Z  {piece.id}  {facts}  {piece.title}")
    if not aired:
        print(f"{station} has aired nothing yet", file=sys.stderr)
    return 0


def token(arguments: argparse.Namespace) -> int:
    folder = arguments.settings.storage.folder
    if not arguments.new:
        state = "There is one" if has_token(folder) else "There is none yet"
        print(f"{state}; only its hash is kept. `latentfm token --new` makes another.")
        return 0
    print(new_token(folder))
    return 0


def _welcome(settings: Settings, port: int) -> str:
    """What the operator sees when the station is on air; the token, if this is the first time."""
    host = "localhost" if settings.server.host in ("0.0.0.0", "::") else settings.server.host
    base = f"http://{host}:{port}"
    lines = [
        "",
        f"  On air.  Listen: {base}/",
        f"  Streams:         {base}/stream.mp3   {base}/stream.opus",
        f"  Exhibit, embed:  {base}/exhibit   {base}/embed",
    ]
    for name in list(settings.stations)[1:]:
        lines.append(f"  {name}: {base}/?station={name}   {base}/stations/{name}/stream.mp3")
    if not has_token(settings.storage.folder):
        token = new_token(settings.storage.folder)
        lines.append(f"  Operator's token, shown only now: {token}")
    return "\n".join([*lines, ""])
