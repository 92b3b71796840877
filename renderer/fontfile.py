"""What a sound font says of itself: its chunks of information, and the presets it has.

The file is read as far as its headers only; the samples stay on the disk. FluidSynth knows the
presets too, once it has loaded all of it.

Source: E-mu Systems, "SoundFont Technical Specification", version 2.04, 2006, sections 3 to 7.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

_CHUNK_HEADER_BYTES = 8  # name, size of what follows the size
_FORM_HEADER_BYTES = 12  # of a RIFF or a LIST: name, size, kind
_PRESET_BYTES = 38  # of one header: name (20), program (2), bank (2), and what we need not know
_MOST_BYTES = 4_000_000  # of a list that we read whole: INFO and the presets' tables


def read_lists(file: BinaryIO) -> dict[bytes, Mapping[bytes, bytes]]:
    """The chunks of a font's INFO and pdta lists, by list and name; what is missing is empty."""
    file.seek(_FORM_HEADER_BYTES)
    found: dict[bytes, Mapping[bytes, bytes]] = {b"INFO": {}, b"pdta": {}}
    while len(header := file.read(_FORM_HEADER_BYTES)) == _FORM_HEADER_BYTES:
        size, kind = int.from_bytes(header[4:8], "little"), header[8:]
        body_bytes = size - 4  # the kind was part of it
        if kind in found and body_bytes <= _MOST_BYTES:
            found[kind] = dict(_chunks(file.read(body_bytes)))
            file.seek(size % 2, 1)
        else:
            file.seek(body_bytes + size % 2, 1)
    return found


def text(info: Mapping[bytes, bytes], name: bytes) -> str:
    """A text of the INFO list on one line; empty where there is none."""
    words = info.get(name, b"").split(b"\0")[0].decode("latin-1").split()
    return " ".join(words)


def presets(pdta: Mapping[bytes, bytes]) -> frozenset[tuple[int, int]]:
    """(bank, program) of every preset. Drum kits are in bank 128."""
    table = pdta.get(b"phdr", b"")
    ends = len(table) - _PRESET_BYTES  # the last header only ends the table
    return frozenset(
        (_word(table, at + 22), _word(table, at + 20)) for at in range(0, ends, _PRESET_BYTES)
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + _CHUNK_HEADER_BYTES <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + _CHUNK_HEADER_BYTES :][:size]
        at += _CHUNK_HEADER_BYTES + size + size % 2  # chunks start on even bytes


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")
