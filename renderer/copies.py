"""Large files into their place: whole or not at all, with their hash."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

Progress = Callable[[int], object]  # is told how many bytes more are done

_BLOCK_BYTES = 1 << 20


@contextlib.contextmanager
def half_made(place: Path) -> Iterator[Path]:
    """A file beside its place, that is gone afterwards unless it was moved there."""
    part = place.with_name(f".{place.name}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def copy(file: Path, to: Path, progress: Progress) -> str:
    """Copy a file, down to the disk itself; the sha256 of what was read."""
    found = hashlib.sha256()
    with to.open("wb") as target:
        for block in _blocks(file, progress):
            target.write(block)
            found.update(block)
        target.flush()
        os.fsync(target.fileno())
    return found.hexdigest()


def sha256_of(file: Path, progress: Progress) -> str:
    found = hashlib.sha256()
    for block in _blocks(file, progress):
        found.update(block)
    return found.hexdigest()


def _blocks(file: Path, progress: Progress) -> Iterator[bytes]:
    with file.open("rb") as source:
        while block := source.read(_BLOCK_BYTES):
            yield block
            progress(len(block))
