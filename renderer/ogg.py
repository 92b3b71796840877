"""Write Ogg pages: packets in, bytes out. `renderer.framing.split_ogg` reads them back.

A packet never runs on into the next page here, so that a listener can begin at any page.

Sources: RFC 3533 §6 (the page); Vorbis I §5 (comments), which Opus and FLAC take over.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Mapping, Sequence

from renderer.errors import FramingError

MAX_SEGMENTS = 255  # of up to 255 bytes each, in a page
VENDOR = "Latent FM"

_FIRST, _LAST = 2, 4  # flags of a page: of a logical stream the first, the last
_CHECKSUM = slice(22, 26)
_BITS_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class OggStream:
    """One logical stream: its pages have a serial number in common, and are counted."""

    def __init__(self, serial: int | None = None) -> None:
        """By itself it takes a number that no other link of its chain is likely to have."""
        self._serial = random.getrandbits(32) if serial is None else serial
        self._pages = 0

    def page(self, packets: Sequence[bytes], granule: int, *, is_last: bool = False) -> bytes:
        """The next page, with whole packets inside.

        Args:
            granule: frames of sound that end with this page, since the stream began.

        Raises:
            FramingError: that is more than fits into a page, about 64 KB.
        """
        flags = _FIRST * (self._pages == 0) | _LAST * is_last
        page = ogg_page(packets, granule, self._serial, self._pages, flags)
        self._pages += 1
        return page


def ogg_page(
    packets: Sequence[bytes], granule: int, serial: int, number: int, flags: int = 0
) -> bytes:
    """Page `number` of a logical stream; see OggStream.page."""
    lacing = b"".join(
        b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets
    )
    if len(lacing) > MAX_SEGMENTS:
        raise FramingError(f"{sum(map(len, packets))} bytes do not fit into one Ogg page")
    page = bytearray(
        struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, serial, number, 0, len(lacing))
        + lacing
        + b"".join(packets)
    )
    page[_CHECKSUM] = ogg_checksum(page).to_bytes(4, "little")
    return bytes(page)


def ogg_checksum(page: bytes | bytearray) -> int:
    """Of a page whose own checksum is zero.

    It is zlib's polynomial, only read from the other end of each byte, and with neither the
    start nor the end inverted: so the bits are turned before and after.
    """
    turned = zlib.crc32(page.translate(_BITS_TURNED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_BITS_TURNED), "big")


def comments(tags: Mapping[str, str]) -> bytes:
    """Vendor and tags, as Opus and FLAC have them in common."""
    lines = [VENDOR.encode(), *(f"{name}={text}".encode() for name, text in tags.items())]
    vendor, *rest = (struct.pack("<I", len(line)) + line for line in lines)
    return vendor + struct.pack("<I", len(rest)) + b"".join(rest)
