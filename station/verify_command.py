"""`verify`: do the recipes of the archive give their notes again?"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from generators.music import Piece
from generators.weights import SHIPPED_MODEL
from station.commands import stored_piece
from station.errors import StationError
from station.generator import Generator
from station.programme import database_url
from station.progress import count_bar
from station.regenerate import Finding, verify
from station.settings import Settings
from storage import queries
from storage.database import Database
from storage.search import PieceFilter, find_pieces
from storage.walk import KINDS, Scope, count

LAST = 100
AT_ONCE = 8  # pieces decoded in a batch
PAGE = 64  # pieces read at a time


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    command = add("verify", help="make pieces again from their recipes, and compare the notes")
    which = command.add_mutually_exclusive_group()
    which.add_argument("piece_id", nargs="?", help="of a piece, as `history` prints it")
    which.add_argument("--last", type=int, metavar="N", help=f"the newest N (default: {LAST})")
    which.add_argument("--all", action="store_true", help="all of the archive, newest first")
    command.set_defaults(command=verify_pieces)


def verify_pieces(arguments: argparse.Namespace) -> int:
    """1 if notes differ where model, rules and arithmetic are the same, else 0."""
    last = LAST if arguments.last is None else arguments.last
    if last < 1:
        raise StationError(f"--last takes a whole number from 1 on, not {last}")
    settings: Settings = arguments.settings
    database = Database.open(database_url(settings))
    try:
        if arguments.piece_id is not None:
            pieces, total = iter([stored_piece(database, arguments.piece_id)]), 1
        else:
            there = count(database, KINDS["piece"], Scope())
            total = there if arguments.all else min(last, there)
            pieces = islice(_newest_first(database), total)
        findings = asyncio.run(_verify(settings, pieces, total))
    finally:
        database.close()
    print(", ".join(f"{count} {finding}" for finding, count in findings.most_common()) or "none")
    return 1 if findings["differs"] else 0


async def _verify(settings: Settings, pieces: Iterator[Piece], total: int) -> Counter[Finding]:
    """Print what is found of each; how often each was."""
    generator = Generator(settings.generator.model or SHIPPED_MODEL, settings.generator.partners)
    findings: Counter[Finding] = Counter()
    try:
        await generator.decode([])  # loads the model
        with count_bar(total, "pieces", "verify") as bar:
            while batch := list(islice(pieces, AT_ONCE)):
                for piece, finding in zip(batch, await verify(batch, generator), strict=True):
                    bar.write(f"{piece.id}  {finding:<18}  {piece.title}")
                    findings[finding] += 1
                bar.update(len(batch))
    finally:
        await generator.close()
    return findings


def _newest_first(database: Database) -> Iterator[Piece]:
    cursor = None
    while True:
        page = find_pieces(database, PieceFilter(), cursor=cursor, limit=PAGE)
        ids = [found.piece.id for found in page.pieces]
        pieces = queries.pieces_of(database, ids)
        yield from (pieces[each] for each in ids if each in pieces)
        if (cursor := page.cursor) is None:
            return
