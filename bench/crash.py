"""`kill -9` at random instants: is all there that was said, or sent, to be there?

    PYTHONPATH=. python bench/crash.py [--instants 1000] [--station 25] [--database both]

First a process that appends to a journal as fast as it can, killed and started again; then, with
`--station`, a whole one with a listener, which is skipped from piece to piece so that many begin.
A record counts as kept once `append` has returned; a piece as sent once a listener got the first
byte of its first packet, in which its id stands. Each must be in the database or the journal
after the kill, in the database once it is replayed, in order, and no row twice.

A PostgreSQL is started for it, if its Debian package is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tagged import MOUNTS, Tagged

from storage import queries, wire
from storage.database import Database
from storage.journal import JOURNAL, Journal
from storage.records import AiredPiece
from tests.postgres import running
from tests.storage.appender import kill_many
from tests.web.conftest import NO_MODEL, OnAir, on_air

LONGEST_LIFE_SECONDS = 6.0
SKIP_EVERY_SECONDS = (0.2, 0.9)
DRAINING_SECONDS = 60.0


def journals(folder: Path, url: str, instants: int, seed: int) -> bool:
    for toll in kill_many(folder, url, instants, seed):
        print(f"\r{toll}", end="", flush=True)
    print()
    return not (toll.lost or toll.doubled or toll.out_of_order)


def live_and_die(station: OnAir, dice: random.Random) -> list[str]:
    """Skip through pieces for a while, then be killed; the ids that were sent, in order."""
    listener = Tagged(station.port)
    listener.start()
    dies = time.monotonic() + dice.uniform(0.5, LONGEST_LIFE_SECONDS)
    while (left := dies - time.monotonic()) > 0:
        time.sleep(min(left, dice.uniform(*SKIP_EVERY_SECONDS)))
        if time.monotonic() < dies:
            request = urllib.request.Request(
                station.url + "/api/v1/skip", method="POST", headers=station.operator
            )
            urllib.request.urlopen(request).close()
    station.process.kill()
    station.process.wait()
    listener.join()
    return listener.pieces


def stations(folder: Path, url: str, instants: int, seed: int) -> bool:
    dice = random.Random(seed)
    sent: list[list[str]] = []
    lost = 0
    for number in range(instants):
        with on_air(folder, url=url, stream=MOUNTS, generator=NO_MODEL) as station:
            sent.append(live_and_die(station, dice))
        kept = {aired.piece.id for aired in waiting(folder / "data" / JOURNAL)}
        with opened(folder, url) as database:
            lost += sum(piece not in kept and not aired_in(database, [piece]) for piece in sent[-1])
        pieces = sum(map(len, sent))
        print(f"\rinstants={number + 1} sent={pieces} lost={lost}", end="", flush=True)
    with opened(folder, url) as database:
        journal = Journal(folder / "data", database)
        assert journal.flush(DRAINING_SECONDS), journal.degraded
        journal.close(DRAINING_SECONDS)
        astray = sum(not aired_in(database, pieces) for pieces in sent)
    print(f"\rinstants={instants} sent={sum(map(len, sent))} lost={lost} out_of_order={astray}")
    return not (lost or astray)


def aired_in(database: Database, pieces: list[str]) -> bool:
    """Were they on air in that order, in one broadcast?"""
    if not pieces:
        return True
    with database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT DISTINCT broadcast_id FROM airings WHERE piece_id = "
            f"'{pieces[0]}'"  # of hexadecimal digits
        ).all()
    for (broadcast,) in rows:
        row = iter([airing.piece_id for airing in queries.airings(database, broadcast)])
        if all(piece in row for piece in pieces):
            return True
    return False


def waiting(journal: Path) -> Iterator[AiredPiece]:
    for line in journal.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            record = wire.from_line(line)
            if isinstance(record, AiredPiece):
                yield record


@contextlib.contextmanager
def opened(folder: Path, url: str) -> Iterator[Database]:
    database = Database.open(url or f"sqlite:///{folder}/data/latentfm.db")
    try:
        yield database
    finally:
        database.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--instants", type=int, default=1_000, help="of killing an appender")
    parser.add_argument("--station", type=int, default=0, help="instants of killing a station")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    arguments = parser.parse_args()
    went_well = True
    with contextlib.ExitStack() as stack:
        urls = {"sqlite": ""}
        if arguments.database != "sqlite":
            server = stack.enter_context(running())
            urls["postgresql"] = server.fresh()
        if arguments.database == "postgresql":
            del urls["sqlite"]
        for name, url in urls.items():
            for count, try_out in ((arguments.instants, journals), (arguments.station, stations)):
                if not count:
                    continue
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                print(f"{name}, {try_out.__name__}:")
                where = url or f"sqlite:///{folder}/data/latentfm.db"
                went_well &= try_out(folder, where, count, arguments.seed)
    raise SystemExit(not went_well)


if __name__ == "__main__":
    main()
