"""How notes and bars were packed at first: rows of those days are read for ever, not written.

zlib over compact JSON `[melody, bass, drums, bars]`, each by column (all starts, all lengths, all
pitches, all velocities, and where there were any, all offsets; a bar's fields likewise), and a
start as steps since the start before it.
"""

from __future__ import annotations

import json
import zlib

from generators.music import Bar, Note, Trio

MARK = b"\x78"  # what zlib begins with


def unpack(data: bytes, steps: int) -> tuple[Trio, tuple[Bar, ...]]:
    """
    Args:
        steps: of the trio, which are held elsewhere.

    Raises:
        ValueError: it is damaged.
    """
    try:
        *parts, bars = json.loads(zlib.decompress(data))
    except zlib.error as error:
        raise ValueError(f"its notes cannot be read: {error}") from error
    melody, bass, drums = (_notes(columns) for columns in parts)
    return Trio(melody, bass, drums, steps), tuple(Bar(*bar) for bar in zip(*bars, strict=True))


def _notes(columns: list[list[int]]) -> tuple[Note, ...]:
    notes, start = [], 0
    for since, length, *rest in zip(*columns, strict=True):
        start += since
        notes.append(Note(start, start + length, *rest))
    return tuple(notes)
