"""A station on air through one outage of its database after another: what was heard, what was lost.

    PYTHONPATH=. python bench/outages.py [--seconds 10]

Each outage lasts so long, while a listener hears the tagged stream and the operator skips from
piece to piece. After it the database must have every piece that was sent. Prints for each how many
those were, how many are missing, the longest time without a byte (blocks come every 0.5 s), and
what /healthz said: it must be 200 all the time.

PostgreSQL is started for it. For the full disk the station gets a small one in memory, which only
root may mount; without the right, that one is left out and said so.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tagged import MOUNTS, Tagged

from storage import queries
from storage.database import Database
from tests.postgres import Postgres, running
from tests.web.conftest import NO_MODEL, OnAir, on_air

SKIP_SECONDS = 1.0
DRAINING_SECONDS = 60.0
SMALL_DISK = "64m"
Outage = Callable[[], contextlib.AbstractContextManager[Any]]


def measure(station: OnAir, url: str, outages: dict[str, Outage], seconds: float) -> bool:
    listener = Tagged(station.port)
    listener.start()
    went_well = True
    for name, outage in outages.items():
        time.sleep(2 * SKIP_SECONDS)
        sent_before = len(listener.pieces)
        listener.longest_gap_seconds()
        statuses, notes = set(), set()
        with outage():
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                skip(station)
                status, body = health(station)
                statuses.add(status)
                notes.add(body["note"] or "")
                time.sleep(SKIP_SECONDS)
        gap = listener.longest_gap_seconds()
        time.sleep(2 * SKIP_SECONDS)
        sent = listener.pieces[sent_before + 1 :]  # the first one began before it
        missing = still_missing(url, sent)
        went_well &= not missing and statuses == {200}
        print(f"{name:44} {len(sent):4} sent {len(missing):3} lost  {gap:4.1f} s  {statuses}")
        for note in sorted(notes - {""}):
            print(f"{'':8}{note}", flush=True)
    return went_well


def still_missing(url: str, sent: list[str]) -> list[str]:
    """Of what was sent, after the journal had its time."""
    deadline = time.monotonic() + DRAINING_SECONDS
    while True:
        try:
            database = Database.open(url)
            missing = [each for each in sent if queries.piece(database, each) is None]
            database.close()
        except Exception:  # it may not have come back yet
            missing = sent
        if not missing or time.monotonic() > deadline:
            return missing
        time.sleep(0.5)


def skip(station: OnAir) -> None:
    request = urllib.request.Request(
        station.url + "/api/v1/skip", method="POST", headers=station.operator
    )
    urllib.request.urlopen(request, timeout=10).close()


def health(station: OnAir) -> tuple[int, dict[str, Any]]:
    with urllib.request.urlopen(station.url + "/healthz", timeout=10) as answer:
        return answer.status, json.load(answer)


@contextlib.contextmanager
def locked(url: str) -> Iterator[None]:
    other = Database.open(url, busy_timeout_seconds=10)
    with other.writing():
        yield
    other.close()


@contextlib.contextmanager
def slow(url: str) -> Iterator[None]:
    """Somebody else writes nine tenths of the time."""
    over = threading.Event()

    def write() -> None:
        other = Database.open(url, busy_timeout_seconds=10)
        while not over.is_set():
            with contextlib.suppress(Exception), other.writing():
                time.sleep(0.9)
            time.sleep(0.1)
        other.close()

    thread = threading.Thread(target=write)
    thread.start()
    yield
    over.set()
    thread.join()


@contextlib.contextmanager
def removed(file: Path) -> Iterator[None]:
    for each in file.parent.glob(file.name + "*"):
        each.unlink()
    yield


@contextlib.contextmanager
def damaged(file: Path) -> Iterator[None]:
    """Another file in its place, which is no database."""
    aside = file.with_name("aside.db")
    for ending in ("", "-wal", "-shm"):
        if (part := Path(f"{file}{ending}")).exists():
            part.rename(f"{aside}{ending}")
    file.write_bytes(b"holiday photos " * 10_000)
    yield
    for ending in ("", "-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)
        if (part := Path(f"{aside}{ending}")).exists():
            part.rename(f"{file}{ending}")


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    yield
    filler.unlink()


@contextlib.contextmanager
def stopped(server: Postgres, end: Callable[[], None]) -> Iterator[None]:
    end()
    yield
    server.start()


@contextlib.contextmanager
def small_disk() -> Iterator[Path | None]:
    with tempfile.TemporaryDirectory() as folder:
        options = ["-t", "tmpfs", "-o", f"size={SMALL_DISK}", "latentfm", folder]
        if os.geteuid() or subprocess.run(["mount", *options], check=False).returncode:
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def on_sqlite(seconds: float) -> bool:
    with small_disk() as small, tempfile.TemporaryDirectory() as large:
        folder = small or Path(large)
        file = folder / "data/latentfm.db"
        url = f"sqlite:///{file}"
        outages: dict[str, Outage] = {
            "none": contextlib.nullcontext,
            "slow": lambda: slow(url),
            "locked": lambda: locked(url),
            "removed": lambda: removed(file),
            "another file in its place": lambda: damaged(file),
        }
        if small:
            outages["disk full"] = lambda: full(folder)
        else:
            print("no full disk: a small one cannot be mounted here")
        with on_air(folder, stream=MOUNTS, generator=NO_MODEL) as station:
            return measure(station, url, outages, seconds)


def on_postgresql(seconds: float) -> bool:
    with running() as server, tempfile.TemporaryDirectory() as folder:
        url = server.fresh()
        outages: dict[str, Outage] = {
            "none": contextlib.nullcontext,
            "slow": lambda: slow(url),
            "locked": lambda: locked(url),
            "silent (SIGSTOP)": server.frozen,
            "stopped and started": lambda: stopped(server, server.stop),
            "killed and started": lambda: stopped(server, server.kill),
        }
        with on_air(Path(folder), url=url, stream=MOUNTS, generator=NO_MODEL) as station:
            return measure(station, url, outages, seconds)


RUNS = {"sqlite": on_sqlite, "postgresql": on_postgresql}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="of each outage")
    parser.add_argument("--database", choices=(*RUNS, "both"), default="both")
    arguments = parser.parse_args()
    went_well = True
    for name, run in RUNS.items():
        if arguments.database in (name, "both"):
            print(name)
            went_well &= run(arguments.seconds)
    raise SystemExit(not went_well)


if __name__ == "__main__":
    main()
