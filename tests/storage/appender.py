"""A process that appends to a journal without end and says so: to be killed.

Run as `python -m tests.storage.appender FOLDER URL ROUNDS SEED`. It forks one appender a round,
kills it with SIGKILL at a random instant, and prints the positions that were acknowledged.
"""

from __future__ import annotations

import itertools
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from storage.database import Database
from storage.journal import Journal
from tests.pieces import make_piece
from tests.storage.broadcasts import airing_of

LONGEST_WAIT_SECONDS = 0.03


def append_for_ever(folder: Path, url: str, number: int, acknowledge_fd: int) -> None:
    journal = Journal(folder, Database(url))
    piece = make_piece(seed=number)
    for position in itertools.count():
        journal.aired(piece, airing_of(piece, position, broadcast=f"b{number:03}"))
        os.write(acknowledge_fd, f"b{number:03} {position}\n".encode())
        if position % 8 == 7:
            journal.flush(10)  # so that some are killed while the file is emptied


def kill_one(folder: Path, url: str, number: int, appends: int, more_seconds: float) -> bytes:
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_fd)
        append_for_ever(folder, url, number, write_fd)
    os.close(write_fd)
    acknowledged = b""
    while acknowledged.count(b"\n") < appends:
        acknowledged += os.read(read_fd, 65536)
    deadline = time.monotonic() + more_seconds
    while (left := deadline - time.monotonic()) > 0:
        if select.select([read_fd], [], [], left)[0]:
            acknowledged += os.read(read_fd, 65536)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while more := os.read(read_fd, 65536):
        acknowledged += more
    os.close(read_fd)
    return acknowledged


if __name__ == "__main__":
    folder, url, rounds, seed = sys.argv[1:]
    dice = random.Random(int(seed))
    for number in range(int(rounds)):
        appends = dice.choice((0, 1, 8, 9, 20))  # none: killed while it opens and replays
        more_seconds = dice.uniform(0, LONGEST_WAIT_SECONDS)
        sys.stdout.buffer.write(kill_one(Path(folder), url, number, appends, more_seconds))
