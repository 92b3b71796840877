"""What "more like this" costs when there are a million pieces.

    PYTHONPATH=. python bench/nearest.py
    PYTHONPATH=. python bench/nearest.py --database sqlite:////data/latentfm.db

The first fills an index with vectors drawn at random, of which none is like another: real pieces,
which wander from one to the next, are found more easily. It prints how long filling took, the
bytes on the disk and in memory, and for pieces out of it how long a query takes and how many of
its true nearest ten it finds. The second does the same for the pieces of a database, by the code
that does it on air. The index goes into a folder that is removed at the end.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from storage import tables
from storage.database import Database
from storage.nearest import Nearest
from storage.shards import Shards

WANTED = 10
TRUTH_AT_ONCE = 50_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=128, help="numbers in each")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--database", help="url; its pieces in place of random vectors")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nearest-") as folder:
        if arguments.database:
            of_database(Path(folder), arguments)
        else:
            at_random(Path(folder), arguments)


def at_random(folder: Path, arguments: argparse.Namespace) -> None:
    rng = np.random.default_rng(arguments.seed)
    vectors = rng.standard_normal((arguments.vectors, arguments.size), dtype=np.float32)
    shards = Shards(folder, arguments.size)
    before, began = own_memory_mib(), time.perf_counter()
    for number, vector in enumerate(vectors):
        shards.add(number, vector)
        if (number + 1) % (arguments.vectors // 10 or 1) == 0:
            report(f"{number + 1:,} vectors", began, number + 1)
    shards.save()
    print(f"filled: {own_memory_mib() - before:.0f} MiB of memory that is not a file")
    before, began = own_memory_mib(), time.perf_counter()
    shards = Shards(folder, arguments.size)
    print(
        f"opened in {time.perf_counter() - began:.1f} s: {size_mib(folder):.0f} MiB on the disk, "
        f"{own_memory_mib() - before:.0f} MiB of memory that is not a file"
    )
    asked = rng.choice(arguments.vectors, arguments.queries, replace=False)
    answers = timed(lambda at: shards.near(vectors[at], WANTED), asked)
    true = true_nearest(vectors, vectors[asked])
    found = [len({key for key, _ in a} & set(t)) for a, t in zip(answers, true, strict=True)]
    print(f"recall@{WANTED}: {np.mean(found) / WANTED:.3f}")


def of_database(folder: Path, arguments: argparse.Namespace) -> None:
    database = Database.open(arguments.database)
    nearest = Nearest(folder, database)
    began = time.perf_counter()
    while nearest.step():
        pass
    report(f"{len(nearest):,} pieces", began, max(1, len(nearest)))
    nearest.save()
    print(f"{size_mib(folder):.0f} MiB on the disk")
    rng = np.random.default_rng(arguments.seed)
    entry = tables.catalogue.c
    with database.reading() as connection:
        sampled = sa.select(entry.piece_id).where(entry.origin == "sampled")
        ids = connection.execute(sampled).scalars().all()
    asked = rng.choice(ids, min(arguments.queries, len(ids)), replace=False)
    timed(lambda at: nearest.like(str(at), WANTED), asked)
    database.close()


def timed(ask: Callable[[Any], list[tuple[Any, float]]], asked: np.ndarray) -> list[Any]:
    answers, milliseconds = [], []
    for at in asked:
        began = time.perf_counter()
        answers.append(ask(at))
        milliseconds.append(1000 * (time.perf_counter() - began))
    p50, p99 = np.percentile(milliseconds, [50, 99])
    print(f"{len(asked)} queries: median {p50:.1f} ms, 99th percentile {p99:.1f} ms")
    return answers


def true_nearest(vectors: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The rows nearest to each, by looking at them all: `(queries, WANTED)`."""
    best = np.zeros((len(asked), 0), int)
    likeness = np.zeros((len(asked), 0), np.float32)
    for first in range(0, len(vectors), TRUTH_AT_ONCE):
        part = vectors[first : first + TRUTH_AT_ONCE]
        cosine = asked @ (part / np.linalg.norm(part, axis=1, keepdims=True)).T
        rows = np.broadcast_to(np.arange(first, first + len(part)), cosine.shape)
        likeness = np.concatenate([likeness, cosine], axis=1)
        best = np.concatenate([best, rows], axis=1)
        top = np.argsort(-likeness, axis=1)[:, :WANTED]
        likeness = np.take_along_axis(likeness, top, axis=1)
        best = np.take_along_axis(best, top, axis=1)
    return best


def report(what: str, began: float, count: int) -> None:
    seconds = time.perf_counter() - began
    print(f"{what} in {seconds:.0f} s, {1000 * seconds / count:.2f} ms each", flush=True)


def size_mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def own_memory_mib() -> float:
    """Memory of this process that the system cannot drop and read again: Linux's RssAnon."""
    status = Path("/proc/self/status").read_text()
    return float(status.partition("RssAnon:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
