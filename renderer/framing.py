"""Cut bytes into MP3 and ADTS frames and Ogg pages. Pure: bytes in, frames and what is left out.

Sources: ISO/IEC 11172-3 §2.4.1.3 (the MP3 frame header); ISO/IEC 14496-3 §1.A.2.2 (ADTS);
RFC 3533 §6 (the Ogg page); RFC 7845 §5 (OpusHead and OpusTags).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from renderer.errors import FramingError

MP3_FRAMES_OF_SOUND = 1152  # in each frame of MPEG-1 Layer III
AAC_FRAMES_OF_SOUND = 1024  # in each frame of AAC-LC
ADTS_HEADER_BYTES = 7  # before each frame, where it has no checksum; ours have none

_MP3_HEADER_BYTES = 4
MP3_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_RATES_HZ = (44_100, 48_000, 32_000)
_SIDE_INFO_BYTES = {True: 17, False: 32}  # by "is mono"
_MONO = 3

_OGG_HEADER_BYTES = 27  # up to and with the number of segments


@dataclass(frozen=True, slots=True)
class OggPage:
    """One page, whole."""

    data: bytes = field(repr=False)
    granule: int  # frames of sound that end with this page, pre-skip included; -1 for none
    serial: int  # of the logical stream
    number: int  # of the page in that stream, from 0
    body_offset: int  # where the payload begins in `data`

    @property
    def body(self) -> bytes:
        return self.data[self.body_offset :]


def mp3_frame_bytes(header: bytes) -> int:
    """Length of the MPEG-1 Layer III frame that begins with these 4 bytes.

    Raises:
        FramingError: no such frame begins here.
    """
    word = int.from_bytes(header[:_MP3_HEADER_BYTES], "big")
    rate_index, padding = word >> 10 & 3, word >> 9 & 1
    kbps_index = word >> 12 & 15
    # 11 bits of sync, version 1 (11), layer III (01)
    if word >> 17 != 0b111111111111101 or rate_index == 3 or not 0 < kbps_index < 15:
        raise FramingError(f"no MP3 frame begins with {header[:4].hex(' ')}")
    return 144_000 * MP3_KBPS[kbps_index - 1] // _MP3_RATES_HZ[rate_index] + padding


def mp3_main_data(frame: bytes) -> int:
    """Where main data begins in a frame: after header and side information; LAME sums nothing."""
    is_mono = frame[3] >> 6 == _MONO
    return _MP3_HEADER_BYTES + _SIDE_INFO_BYTES[is_mono]


def split_mp3(data: bytes) -> tuple[list[bytes], bytes]:
    """The whole frames in `data`, and the bytes of the one that is not whole yet.

    Raises:
        FramingError: `data` does not begin with a frame, or something lies between two.
    """
    frames: list[bytes] = []
    offset = 0
    while offset + _MP3_HEADER_BYTES <= len(data):
        end = offset + mp3_frame_bytes(data[offset : offset + _MP3_HEADER_BYTES])
        if end > len(data):
            break
        frames.append(data[offset:end])
        offset = end
    return frames, data[offset:]


def is_mp3_info(frame: bytes) -> bool:
    """Whether the frame describes a file (Xing, Info) instead of sounding."""
    offset = mp3_main_data(frame)
    return frame[offset : offset + 4] in (b"Xing", b"Info")


def split_adts(data: bytes) -> tuple[list[bytes], bytes]:
    """The whole ADTS frames in `data`, headers and all, and the bytes of the one that is not whole.

    Raises:
        FramingError: `data` does not begin with a frame, or something lies between two.
    """
    frames: list[bytes] = []
    offset = 0
    while offset + ADTS_HEADER_BYTES <= len(data):
        header = data[offset : offset + ADTS_HEADER_BYTES]
        size = int.from_bytes(header[3:6], "big") >> 5 & 0x1FFF
        # 12 bits of sync, one for the version of MPEG, two of layer, which is 0
        if header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or size < ADTS_HEADER_BYTES:
            raise FramingError(f"no ADTS frame begins with {header.hex(' ')}")
        if offset + size > len(data):
            break
        frames.append(data[offset : offset + size])
        offset += size
    return frames, data[offset:]


def split_ogg(data: bytes) -> tuple[list[OggPage], bytes]:
    """The whole pages in `data`, and the bytes of the one that is not whole yet.

    Raises:
        FramingError: `data` does not begin with a page, or something lies between two.
    """
    pages: list[OggPage] = []
    offset = 0
    while offset + _OGG_HEADER_BYTES <= len(data):
        if data[offset : offset + 4] != b"OggS":
            raise FramingError(f"no Ogg page begins with {data[offset : offset + 4].hex(' ')}")
        body = offset + _OGG_HEADER_BYTES + data[offset + 26]
        end = body + sum(data[offset + _OGG_HEADER_BYTES : body])
        if body > len(data) or end > len(data):
            break
        granule = int.from_bytes(data[offset + 6 : offset + 14], "little", signed=True)
        serial = int.from_bytes(data[offset + 14 : offset + 18], "little")
        number = int.from_bytes(data[offset + 18 : offset + 22], "little")
        pages.append(OggPage(data[offset:end], granule, serial, number, body - offset))
        offset = end
    return pages, data[offset:]


def opus_pre_skip(head: OggPage) -> int:
    """Frames of sound that a decoder throws away first, from the OpusHead page.

    Raises:
        FramingError: the page is no OpusHead.
    """
    if not head.body.startswith(b"OpusHead") or len(head.body) < 19:
        raise FramingError("an Ogg Opus stream begins with an OpusHead page; this one does not")
    return int.from_bytes(head.body[10:12], "little")
