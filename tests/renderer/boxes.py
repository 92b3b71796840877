"""The boxes of an MP4 file, read back without the library that wrote them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

HOLDERS = (b"moov", b"trak", b"mdia", b"moof", b"traf")  # boxes of boxes


@dataclass(frozen=True)
class Event:
    """What an emsg box says (ISO/IEC 23009-1 §5.10.3.3, version 1)."""

    scheme: str
    timescale: int
    time: int
    number: int
    message: bytes


def boxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and body of every box, in order, those inside others too."""
    offset = 0
    while offset < len(data):
        size, name = struct.unpack_from(">I4s", data, offset)
        assert 8 <= size <= len(data) - offset
        body = data[offset + 8 : offset + size]
        yield name.decode(), body
        if name in HOLDERS:
            yield from boxes(body)
        offset += size


def decode_time(data: bytes) -> int:
    """Of the first fragment: its tfdt, which has 64 bits in version 1."""
    body = dict(boxes(data))["tfdt"]
    version, time = struct.unpack(">B3xQ", body)
    assert version == 1
    return int(time)


def samples(data: bytes) -> int:
    """How many the first fragment has."""
    return int(struct.unpack_from(">4xI", dict(boxes(data))["trun"])[0])


def events(data: bytes) -> list[Event]:
    return [_event(body) for name, body in boxes(data) if name == "emsg"]


def _event(body: bytes) -> Event:
    version, timescale, time, _, number = struct.unpack_from(">B3xIQII", body)
    assert version == 1
    scheme, _, message = body[24:].split(b"\0", 2)
    return Event(scheme.decode(), timescale, time, number, message)
