"""What tests read of a PNG file."""

from __future__ import annotations

import struct


def size_of(png: bytes) -> tuple[int, ...]:
    """Width and height in pixels, as its header says: PNG specification, 11.2.2."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])
