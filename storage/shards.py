"""Vectors in files, found by what they are near to: an index that grows for years.

It is in shards of so many vectors, each a graph of its own (HNSW). Only the newest takes more and
lies in memory; a full one is a file that is mapped, so it costs what is read of it and is never
written again. A search asks every shard, and shares out one budget among them: the time it takes
grows far slower than the archive.

A file is named after the hash of what it holds. One that was cut short or altered is removed
before it is used, for its graph would lead astray; who fills the index finds what is missing.

Source: Malkov and Yashunin, "Efficient and Robust Approximate Nearest Neighbor Search Using
Hierarchical Navigable Small World Graphs", IEEE TPAMI 42 (2020).
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
from usearch.index import Index

logger = logging.getLogger(__name__)

SHARD_VECTORS = 65_536  # of 128 numbers: a file of 30 MB, and 60 MB in memory while it fills
NEIGHBOURS = 24  # of each vector in a graph: a quarter more bytes than the usual 16, far more found
LOOKS_WHEN_ADDED = 96
# Candidates a search may look at in all shards together, and the bounds of each one's share.
LOOKS = 2_560
MOST_LOOKS, LEAST_LOOKS = 1_024, 64
SUFFIX = ".usearch"


class Shards:
    """Vectors of one length by their keys, kept in a folder. Safe to use from any thread."""

    def __init__(self, folder: Path, size: int, *, shard_vectors: int = SHARD_VECTORS) -> None:
        """Open what is in the folder; damaged files are removed.

        Args:
            size: numbers in each vector.

        Raises:
            OSError: the folder cannot be read or made.
        """
        self._folder = folder
        self._size = size
        self._shard_vectors = shard_vectors
        # usearch lets go of the interpreter, and two calls on one index must not meet.
        self._lock = threading.Lock()
        self._full: list[Any] = []  # mapped
        self._open = self._empty()
        self._file: Path | None = None  # the open one's, as it was last written
        self._is_saved = True
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("*" + SUFFIX)):
            self._restore(path)

    def __len__(self) -> int:
        return sum(map(len, self._all()))

    def missing(self, keys: np.ndarray) -> np.ndarray:
        """Which of the keys, uint64 `(n,)`, have no vector here: bool `(n,)`."""
        found = np.zeros(len(keys), bool)
        for index in self._all():
            with self._lock:
                found |= index.contains(keys)
        return ~found

    def add(self, key: int, vector: np.ndarray) -> None:
        """Put in a vector, float32 `(size,)`, whose key is not here yet. Takes a millisecond.

        Raises:
            OSError: a full shard could not be written; nothing was added.
        """
        if len(self._open) >= self._shard_vectors:
            self._close_shard()
        with self._lock:
            self._open.add(np.uint64(key), vector, threads=1)
            self._is_saved = False

    def near(self, vector: np.ndarray, count: int) -> list[tuple[int, float]]:
        """The nearest keys, nearest first, and how far off: 1 - cosine, 0 to 2.

        A few may be missed: the graphs are followed, not searched from end to end.
        """
        shards = [index for index in self._all() if len(index)]
        looks = max(LEAST_LOOKS, min(MOST_LOOKS, LOOKS // max(1, len(shards))))
        found: dict[int, float] = {}
        for index in shards:
            with self._lock:
                index.expansion_search = looks
                matches = index.search(vector, count, threads=1)
            pairs = zip(matches.keys.tolist(), matches.distances.tolist(), strict=True)
            found.update((key, max(0.0, distance)) for key, distance in pairs)
        return sorted(found.items(), key=lambda pair: pair[1])[:count]

    def save(self) -> None:
        """Write the open shard, in one move.

        Raises:
            OSError: it could not be; it is as it was.
        """
        if self._is_saved:
            return
        data = bytes(self._open.save())  # only reads, as a search does
        path = self._folder / (_digest_of(data) + SUFFIX)
        partial = path.with_suffix(".partial")
        try:
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        if self._file is not None and self._file != path:
            self._file.unlink(missing_ok=True)
        self._file, self._is_saved = path, True

    def _all(self) -> list[Any]:
        with self._lock:
            return [*self._full, self._open]

    def _close_shard(self) -> None:
        self.save()
        assert self._file is not None
        full = self._restored(self._file, view=True)
        with self._lock:
            self._full.append(full)
            self._open, self._file = self._empty(), None

    def _restore(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, _hasher).hexdigest()
            if digest + SUFFIX != path.name:
                raise ValueError("it was cut short or altered")
            index = self._restored(path, view=True)
            if index.ndim != self._size or index.metric_kind != self._open.metric_kind:
                raise ValueError(f"it is an index of {index.ndim} numbers, not of {self._size}")
        except (OSError, ValueError, RuntimeError) as error:  # usearch raises the last two
            logger.warning("index %s is made anew: %s", path, error)
            path.unlink(missing_ok=True)
            return
        if not self._missing_any(index):  # an older state of another file
            path.unlink(missing_ok=True)
        elif len(index) >= self._shard_vectors or len(self._open):
            self._full.append(index)
        else:
            self._open, self._file = self._restored(path, view=False), path

    def _missing_any(self, index: Any) -> bool:
        return bool(self.missing(np.asarray(index.keys[:], np.uint64)).any())

    def _empty(self) -> Any:
        return Index(
            ndim=self._size,
            metric="cos",
            dtype="f16",
            connectivity=NEIGHBOURS,
            expansion_add=LOOKS_WHEN_ADDED,
        )

    def _restored(self, path: Path, *, view: bool) -> Any:
        index = Index.restore(path, view=view, expansion_add=LOOKS_WHEN_ADDED)
        if index is None:
            raise ValueError("it is no index")
        return index


def _hasher() -> Any:
    return hashlib.blake2b(digest_size=16)


def _digest_of(data: bytes) -> str:
    digest = _hasher()
    digest.update(data)
    return str(digest.hexdigest())
