"""A picture inside a sound file, where players look for it.

Sources: ID3v2.4.0 native frames §4.14 (APIC); RFC 9639 §8.8 (the picture block of FLAC); RFC 7845
§5.2.1.2 with the proposal METADATA_BLOCK_PICTURE (the same block in Ogg, in base64).
"""

from __future__ import annotations

import base64
import struct

from renderer.errors import FramingError

PNG = b"image/png"
FRONT = 3  # front cover: one number in both standards
BLOCK_TAG = "METADATA_BLOCK_PICTURE"
_ID3_HEADER_BYTES = 10
_FLAC_FIRST_BYTES = 4 + 4 + 34  # its name, and STREAMINFO, which always comes first
_FLAC_PICTURE = 6


def mp3_with_cover(mp3: bytes, png: bytes) -> bytes:
    """An MP3 with tags of ID3v2.4, and the picture before what they said.

    Raises:
        FramingError: it has no such tags.
    """
    if mp3[:4] != b"ID3\x04":
        raise FramingError("an MP3 file without ID3v2.4 has no place for a picture")
    body = b"\0" + PNG + b"\0" + bytes([FRONT]) + b"\0" + png  # in Latin-1, with no description
    frame = b"APIC" + _syncsafe(len(body)) + b"\0\0" + body
    header, rest = mp3[:_ID3_HEADER_BYTES], mp3[_ID3_HEADER_BYTES:]
    said = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(header[6:])))
    return header[:6] + _syncsafe(said + len(frame)) + frame + rest


def flac_with_cover(flac: bytes, png: bytes) -> bytes:
    """
    Raises:
        FramingError: it is no FLAC, or has no block after its first.
    """
    if flac[:4] != b"fLaC" or flac[4] != 0:  # not 128: another block follows
        raise FramingError("this FLAC file does not begin as one with tags does")
    block = _picture(png)
    head = bytes([_FLAC_PICTURE]) + len(block).to_bytes(3, "big")
    return flac[:_FLAC_FIRST_BYTES] + head + block + flac[_FLAC_FIRST_BYTES:]


def cover_tag(png: bytes) -> dict[str, str]:
    """A Vorbis comment with the picture, for Ogg."""
    return {BLOCK_TAG: base64.b64encode(_picture(png)).decode()}


def _picture(png: bytes) -> bytes:
    width, height = struct.unpack(">II", png[16:24])
    depth, colours = 32, 0  # bits a pixel; no palette
    return b"".join(
        (
            struct.pack(">II", FRONT, len(PNG)) + PNG,
            struct.pack(">IIIIII", 0, width, height, depth, colours, len(png)),
            png,
        )
    )


def _syncsafe(number: int) -> bytes:
    """28 bits in four bytes that are never taken for the beginning of a frame of sound."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
