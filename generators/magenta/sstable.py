"""A table of sorted keys as LevelDB writes it; TensorFlow keeps a checkpoint's index in one.

The file ends in a footer that says where the index block lies; its values say where the data
blocks lie. After each block come one byte (0: not compressed) and a CRC. In a block, a key is
what it shares with the key before it, by length, and the rest.

Source: LevelDB's doc/table_format.md.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import google_crc32c

_FOOTER_BYTES = 48
_MAGIC = 0xDB4775248B80FB57
_MASK = 0xA282EAD8


class TableError(ValueError):
    """What is wrong with a table's bytes."""


def entries(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Keys and values, in the order of the keys.

    Raises:
        TableError: the bytes are no table, cut short, altered, or compressed.
    """
    if len(data) < _FOOTER_BYTES or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
        raise TableError("it does not end as a TensorFlow index does")
    footer = data[-_FOOTER_BYTES:]
    at = _skip_handle(footer, 0)  # of the meta-index, which is empty
    for _, handle in _block(data, footer[at:]):
        for key, value in _block(data, handle):
            try:
                yield key.decode(), value
            except UnicodeDecodeError as error:
                raise TableError("a key is not text") from error


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, low ones first; and where the next byte is."""
    value = 0
    for count in range(10):
        if at + count >= len(data):
            raise TableError("it ends inside a number")
        byte = data[at + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, at + count + 1
    raise TableError("a number has no end")


def masked(crc: int) -> int:
    """A CRC as TensorFlow stores it, so that a CRC over data that holds CRCs stays sound."""
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF


def _skip_handle(data: bytes, at: int) -> int:
    return varint(data, varint(data, at)[1])[1]


def _block(data: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset, at = varint(handle, 0)
    size, _ = varint(handle, at)
    end = offset + size
    if end + 5 > len(data):
        raise TableError(f"it ends at byte {len(data):,}, inside a block that goes to {end + 5:,}")
    crc = struct.unpack("<I", data[end + 1 : end + 5])[0]
    if masked(google_crc32c.value(data[offset : end + 1])) != crc:
        raise TableError(f"the CRC of its block at byte {offset:,} is wrong")
    if data[end] != 0:
        raise TableError(f"its block at byte {offset:,} is compressed")
    return _entries(data[offset:end])


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    if len(block) < 4:
        raise TableError("a block is empty")
    restarts = struct.unpack("<I", block[-4:])[0]
    end = len(block) - 4 * (restarts + 1)
    at, key = 0, b""
    while at < end:
        shared, at = varint(block, at)
        unshared, at = varint(block, at)
        size, at = varint(block, at)
        if at + unshared + size > end or shared > len(key):
            raise TableError("an entry goes beyond its block")
        key = key[:shared] + block[at : at + unshared]
        yield key, block[at + unshared : at + unshared + size]
        at += unshared + size
