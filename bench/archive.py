"""What a long archive takes: bytes a piece, and the time of every query behind a page.

    PYTHONPATH=.:bench python bench/archive.py FOLDER [--pieces 1000000] [--url postgresql://...]
        [--composed 200] [--asked 200] [--old] [--keep]

It composes some pieces (once: they are kept in FOLDER), makes the rows of a long programme of
them (see bench/million.py), fills a database and prints tables in Markdown. `--old` fills one of
revision 0004 with rows as they were packed then, and times its migration; `--keep` asks the one
that is there. Beside the time on the wall it prints that of the processor, which says more where
others are at work on the machine; with PostgreSQL that is ours alone, not the server's.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import million
import numpy as np
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from tqdm import tqdm

from generators import recipe
from generators.music import Piece
from generators.weights import SHIPPED_MODEL
from station.generator import Generator
from station.offline import Offline
from station.settings import Settings
from storage import queries, ratings, tables
from storage.cursors import cursor_at
from storage.database import MIGRATIONS, Database
from storage.facets import facets
from storage.search import PieceFilter, find_pieces
from storage.sqlite import PRAGMAS
from web.garbage import THRESHOLDS

BATCH = 2_000
SHELF_MINUTES = 1  # no more than is taken
CANDIDATES = 3


async def compose(count: int) -> list[Piece]:
    """The beginning of a programme, as a station would play it."""
    settings = Settings()
    quick = {"candidates": CANDIDATES, "shelf_minutes": SHELF_MINUTES}
    generator = settings.generator.model_copy(update=quick)
    settings = settings.model_copy(update={"generator": generator})
    decoder = Generator(SHIPPED_MODEL)
    name = next(iter(settings.stations))
    offline = Offline(settings, name, decoder, None, seed=7, begins=million.BEGAN)
    pieces = []
    try:
        async for start in offline.pieces(7 * 86_400):
            pieces.append(start.piece)
            if len(pieces) == count:
                break
    finally:
        await decoder.close()
    return pieces


def composed(file: Path, count: int) -> list[Piece]:
    if not file.exists():
        pieces = asyncio.run(compose(count))
        file.write_text("".join(json.dumps(recipe.to_dict(piece)) + "\n" for piece in pieces))
    return [recipe.from_dict(json.loads(line)) for line in file.read_text().splitlines()]


def fill(url: str, pieces: list[Piece], count: int, *, is_old: bool) -> float:
    """How many seconds it took."""
    engine = engine_of(url, "0004" if is_old else "head")
    made = million.templates(pieces)
    if is_old:
        made = [million.as_before(template) for template in made]
    began = time.perf_counter()
    there = sa.MetaData()
    there.reflect(engine)
    with tqdm(total=count, unit="pieces", mininterval=5) as bar:
        for batch in million.programme(made, count, 1, BATCH):
            with engine.begin() as connection:
                for name, found in batch.items():
                    if found and name in there.tables:
                        connection.execute(tables.metadata.tables[name].insert(), found)
            bar.update(len(batch["pieces"]))
    engine.dispose()
    return time.perf_counter() - began


def engine_of(url: str, revision: str) -> sa.Engine:
    """An empty database with the tables of a revision."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            for pragma in PRAGMAS if revision == "head" else ("journal_mode = WAL",):
                connection.exec_driver_sql(f"PRAGMA {pragma}")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, revision)
    return engine


def sizes(database: Database, count: int) -> None:
    """Bytes a piece, by table and index."""
    with database.reading() as connection:
        if connection.dialect.name == "sqlite":
            query = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"
        else:
            query = (
                "SELECT relname, CASE relkind WHEN 'i' THEN pg_relation_size(oid) "
                "ELSE pg_table_size(oid) END FROM pg_class "
                "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') "
                "ORDER BY 2 DESC"
            )
        found = [(str(name), int(size)) for name, size in connection.execute(sa.text(query))]
    print(
        f"\n| table or index | MB | bytes a piece |\n|---|---|---|\n| **all** "
        f"| {sum(s for _, s in found) / 1e6:.0f} | **{sum(s for _, s in found) / count:.0f}** |"
    )
    for name, size in found:
        if size / count >= 1.5:
            print(f"| `{name}` | {size / 1e6:.0f} | {size / count:.0f} |")


def questions(database: Database) -> dict[str, Callable[[], Any]]:
    """Every query behind a page; each call asks about something else."""
    dice = random.Random(1)
    with database.reading() as connection:
        ends = sa.select(
            sa.func.min(tables.airings.c.aired_at), sa.func.max(tables.airings.c.aired_at)
        )
        first: datetime
        first, last = connection.execute(ends).one()
        some = sa.select(tables.catalogue).where(tables.catalogue.c.piece_id > "8").limit(500)
        known = [dict(row) for row in connection.execute(some).mappings()]
    span_seconds = (last - first).total_seconds()

    def moment() -> datetime:
        return first + timedelta(seconds=dice.uniform(0, span_seconds))

    def anyone() -> dict[str, Any]:
        return dice.choice(known)

    def deep() -> str:
        return cursor_at(moment(), anyone()["piece_id"])

    def span(name: str, width: float) -> tuple[float, float]:
        middle = anyone()[name] or 0.5
        return middle - width / 2, middle + width / 2

    def find(cursor: str | None = None, **wanted: Any) -> Any:
        return find_pieces(database, PieceFilter(**wanted), cursor=cursor)

    station = million.STATION
    return {
        "history, the newest 20": lambda: queries.history(database, station),
        "history before a time": lambda: queries.history(database, station, moment()),
        "a piece by its id": lambda: queries.piece(database, anyone()["piece_id"]),
        "pieces, no filter": find,
        "pieces, deep cursor": lambda: find(deep()),
        "pieces by station": lambda: find(deep(), station=station),
        "pieces by show": lambda: find(deep(), show=anyone()["show"]),
        "pieces by key": lambda: find(deep(), key=anyone()["key"]),
        "pieces by origin": lambda: find(deep(), origin=anyone()["origin"]),
        "pieces by model": lambda: find(deep(), model=anyone()["model"]),
        "pieces of a day": lambda: (
            lambda day: find(aired_from=day, aired_until=day + timedelta(days=1))
        )(moment()),
        "pieces by tempo, 5 wide": lambda: find(deep(), tempo_qpm=span("tempo_qpm", 5)),
        "pieces by density, 1 wide": lambda: find(deep(), density=span("density", 1)),
        "pieces by score, 0.02 wide": lambda: find(deep(), score=span("score", 0.02)),
        "pieces, all of these together": lambda: find(
            deep(),
            station=station,
            key=anyone()["key"],
            show=anyone()["show"],
            origin="sampled",
            tempo_qpm=span("tempo_qpm", 5),
            density=span("density", 2),
        ),
        "pieces of a show that never was": lambda: find(show="no such show"),
        "pieces at a tempo that never was": lambda: find(deep(), tempo_qpm=(400, 500)),
        "what was on air at a time": lambda: queries.history(database, station, moment(), 1),
        "20 airings from a time on": lambda: queries.airings_from(database, station, moment(), 20),
        "40 pieces to stand by": lambda: queries.recent_pieces(database, station, 40),
        "names to choose from": lambda: facets(database),
        "ratings of 20 pieces": lambda: ratings.counts_of(
            database, [anyone()["piece_id"] for _ in range(20)]
        ),
        "events": lambda: queries.events(database, station, 20),
    }


def ask(database: Database, times: int) -> None:
    print("\n| query | p50 ms | p99 ms | processor p50 | p99 |\n|---|---|---|---|---|")
    for name, question in questions(database).items():
        took = []
        for _ in range(times):
            began = time.perf_counter(), time.thread_time()
            question()
            took.append((time.perf_counter() - began[0], time.thread_time() - began[1]))
        (wall50, cpu50), (wall99, cpu99) = 1_000 * np.percentile(took, [50, 99], axis=0)
        print(f"| {name} | {wall50:.1f} | {wall99:.1f} | {cpu50:.1f} | {cpu99:.1f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pieces", type=int, default=1_000_000)
    parser.add_argument("--url", help="another database than SQLite in FOLDER; it must be empty")
    parser.add_argument("--composed", type=int, default=200)
    parser.add_argument("--asked", type=int, default=200, help="times each query is asked")
    parser.add_argument("--old", action="store_true", help="fill revision 0004, and migrate it")
    parser.add_argument("--keep", action="store_true", help="ask the database that is there")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    url = arguments.url or f"sqlite:///{arguments.folder.absolute()}/archive.db"
    if not arguments.keep:
        pieces = composed(arguments.folder / "composed.jsonl", arguments.composed)
        seconds = fill(url, pieces, arguments.pieces, is_old=arguments.old)
        print(f"{arguments.pieces} pieces in {seconds:.0f} s")
    began = time.perf_counter()
    database = Database.open(url)
    print(f"opened in {time.perf_counter() - began:.1f} s")
    with database.reading() as connection:
        count = connection.execute(
            sa.select(sa.func.count()).select_from(tables.airings)
        ).scalar_one()
    sizes(database, count)
    gc.collect()
    gc.freeze()  # as a station does, and looks as rarely
    gc.set_threshold(*THRESHOLDS)
    ask(database, arguments.asked)
    database.close()


if __name__ == "__main__":
    main()
