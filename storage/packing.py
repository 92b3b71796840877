"""What of a piece is only read with the whole of it, in as few bytes as may be.

The first byte is the version, which says how the rest is read: pieces are kept for ever, so what
wrote one version stays as it is, and something better is another version. Version 1 is zlib, with
a preset dictionary, over

    uint32      bytes of the JSON that follows
    JSON        bars by column, instruments, what the critic made of it
    notes       of melody, bass, drums: columns of starts, lengths, pitches, velocities, offsets

all little-endian. A start is held as steps since the one before. A column of notes is how many
(uint32), how wide (1, 2 or 4 bytes each; 0 where all are 0), and the numbers, signed. So like
numbers stand together: the notes take a fifth less than as JSON under the same zlib. The
dictionary holds what the JSON of any piece repeats, and saves three quarters of that.
"""

from __future__ import annotations

import dataclasses
import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from generators import recipe
from generators.music import PARTS, Bar, Note, Trio

VERSION = b"\x01"
_LENGTH = struct.Struct("<I")
_COLUMN = struct.Struct("<IB")  # how many numbers, how wide
_WIDTHS = (1, 2, 4)
# Never to be changed: rows of version 1 were written with it. Likely things are near the end.
_DICTIONARY = (
    b'"soundfont":"",-1,-2,-3,-4,-5,-6,6,5,4,3,'
    b"0.13,0.27,0.32999999999999996,0.47000000000000003,0.53,0.67,0.73,0.8699999999999999"
    b"}"
    b'"rejected":{"filled":1,"density":1,"scale":1,"clarity":1,"agreement":1,"range":1,"room":1,'
    b'"motion":1,"return":1,"groove":1,"fresh":1,"own":1}}'
    b'"","","","","m","m","m","m","b","b","b","b","md","md","d","d","d","d"],'
    b"[false,false,false,true],[4,5,6,7,8,9,10,11,12,13,14,15,0,1,2,3,0,1,2,3],"
    b"[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0],[0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,2,2,2,2,2,2,2,2],"
    b'"leaving":{"melody":5,"bass":32,"drum_kit":40,"mix":{"melody":{"pan":76,"reverb":44,'
    b'"chorus":0,"level_db":0.0},"bass":{"pan":64,"reverb":12,"chorus":0,"level_db":0.0},'
    b'"drums":{"pan":64,"reverb":28,"chorus":0,"level_db":0.0}}},'
    b'{"latents":"<f4","groove_sha256":"","instruments":{"latents":"i1","groove_sha256":"'
    b"a62f0ced011df68ac8e98fab2220688ac946b9f65ca2f79aac9a81ea154648ba"  # shipped in 2026
    b'","instruments":{"melody":0,"bass":33,"drum_kit":0,"mix":{"melody":{"pan":76,"reverb":44,'
    b'"chorus":0,"level_db":0.0},"bass":{"pan":64,"reverb":12,"chorus":0,"level_db":0.0},'
    b'"drums":{"pan":64,"reverb":28,"chorus":0,"level_db":0.0}}},"verdict":{"terms":{"filled":1.0,'
    b'"density":0.9,"scale":0.8,"clarity":1.0,"agreement":0.8,"range":0.9,"room":1.0,'
    b'"motion":0.9,"return":1.0,"groove":0.8,"fresh":1.0,"own":1.0},"rejected":{"agreement":1,'
    b'"motion":1}},"bars":[['
)


def pack(trio: Trio, bars: tuple[Bar, ...], details: dict[str, Any]) -> bytes:
    """
    Args:
        details: whatever JSON can hold.
    """
    text = json.dumps({**details, "bars": _bar_columns(bars)}, separators=(",", ":")).encode()
    columns = b"".join(
        _packed(column) for part in PARTS for column in _note_columns(getattr(trio, part))
    )
    squeeze = zlib.compressobj(9, zdict=_DICTIONARY)
    body = _LENGTH.pack(len(text)) + text + columns
    return VERSION + squeeze.compress(body) + squeeze.flush()


def unpack(data: bytes, steps: int) -> tuple[Trio, tuple[Bar, ...], dict[str, Any]]:
    """The inverse of `pack`.

    Args:
        steps: of the trio, which are held elsewhere.

    Raises:
        ValueError: it is of another version, or damaged.
    """
    details, columns = _opened(data)
    try:
        bars = tuple(Bar(*bar) for bar in zip(*details.pop("bars"), strict=True))
        melody, bass, drums = (_notes(columns) for _ in PARTS)
    except (struct.error, LookupError, StopIteration) as error:
        raise ValueError(f"its notes cannot be read: {error!r}") from error
    return Trio(melody, bass, drums, steps), bars, details


def unpack_details(data: bytes) -> dict[str, Any]:
    """The last of what `unpack` gives, in a twentieth of the time.

    Raises:
        ValueError: it is of another version, or damaged.
    """
    details, _ = _opened(data)
    details.pop("bars", None)
    return details


def _opened(data: bytes) -> tuple[dict[str, Any], Iterator[np.ndarray]]:
    """The JSON, and the columns of the notes."""
    if data[:1] != VERSION:
        raise ValueError(f"its packing is of version {data[:1].hex()}; upgrade Latent FM")
    loosen = zlib.decompressobj(zdict=_DICTIONARY)
    try:
        body = loosen.decompress(data[1:])
        (length,) = _LENGTH.unpack_from(body)
    except (zlib.error, struct.error) as error:
        raise ValueError(f"its notes cannot be read: {error!r}") from error
    if not loosen.eof:
        raise ValueError("its notes are cut short")
    details: dict[str, Any] = json.loads(body[_LENGTH.size : _LENGTH.size + length])
    return details, _columns(body, _LENGTH.size + length)


def _bar_columns(bars: Sequence[Bar]) -> list[list[Any]]:
    """A column a field, without the last ones that hold nothing but their default."""
    if not bars:
        return []
    fields = dataclasses.fields(Bar)
    columns = [[getattr(bar, field.name) for bar in bars] for field in fields]
    for field in reversed(fields[recipe.FIRST_FIELDS[Bar] :]):
        if any(value != field.default for value in columns[-1]):
            break
        columns.pop()
    return columns


def _note_columns(notes: Sequence[Note]) -> np.ndarray:
    """Starts since the one before, lengths, pitches, velocities and offsets: int64 `(5, n)`."""
    rows = [(n.start, n.end, n.pitch, n.velocity, n.offset_ticks) for n in notes]
    columns = np.array(rows, np.int64).reshape(-1, 5).T
    columns[1] -= columns[0]
    columns[0] = np.diff(columns[0], prepend=0)
    return columns


def _notes(columns: Iterator[np.ndarray]) -> tuple[Note, ...]:
    since, lengths, *others = (next(columns) for _ in range(5))
    starts = since.cumsum()
    ends = starts + lengths
    return tuple(map(Note, *(column.tolist() for column in (starts, ends, *others))))


def _packed(column: np.ndarray) -> bytes:
    if not column.any():
        return _COLUMN.pack(len(column), 0)
    width = next(w for w in _WIDTHS if (abs(column) < 1 << 8 * w - 1).all())
    return _COLUMN.pack(len(column), width) + column.astype(f"<i{width}").tobytes()


def _columns(body: bytes, at: int) -> Iterator[np.ndarray]:
    """The columns that stand in a body from there on, int64 each."""
    while at < len(body):
        count, width = _COLUMN.unpack_from(body, at)
        at += _COLUMN.size
        numbers = np.zeros(count, np.int64)
        if width:
            numbers += np.frombuffer(body, f"<i{width}", count, at)
        at += count * width
        yield numbers
