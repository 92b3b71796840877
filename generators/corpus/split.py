"""Versions of one tune are kept together, and one cluster in ten is held out."""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence

ALIKE = 4  # files that share so many windows or phrases are versions of one tune
HELD_OUT_DENOMINATOR = 10  # one cluster in ten is held out


def clusters(*likenesses: Sequence[Iterable[Iterable[bytes]]]) -> list[int]:
    """For each file the first file of its versions.

    Args:
        likenesses: ways to tell that two files are alike. Each gives for each file, for each of
            its melodies, what it has that a version would share: see `melody_shapes`.
    """
    parent = list(range(len(likenesses[0])))

    def root(file: int) -> int:
        while parent[file] != file:
            file = parent[file]
        return file

    for files in likenesses:
        first_with: dict[bytes, int] = {}
        shared: dict[tuple[int, int], int] = defaultdict(int)
        for file, melodies in enumerate(files):
            for each in itertools.chain.from_iterable(melodies):
                other = first_with.setdefault(each, file)
                if other != file:
                    shared[other, file] += 1
        for (one, other), count in shared.items():
            if count >= ALIKE:
                a, b = sorted((root(one), root(other)))
                parent[b] = a
    return [root(file) for file in range(len(parent))]


def is_held_out(cluster: str) -> bool:
    """By the cluster's name alone, so that it stays where it is when files are added."""
    bucket = int(hashlib.sha256(cluster.encode()).hexdigest(), 16) % HELD_OUT_DENOMINATOR
    return bucket == 1
