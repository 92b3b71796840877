"""AAC packets as fragmented MP4, the way HLS wants it: a file to begin with, and segments.

Times inside are positions, in the track's own unit of 48,000 a second: the decode time of a frame
is the position of its packet. No edit list shifts anything, so what a player has at time t of this
track is what was on air at position t.

Sources: ISO/IEC 14496-12 §8.8 (moof, tfdt); ISO/IEC 23009-1 §5.10.3.3 (emsg, version 1);
"Carriage of ID3 Timed Metadata in the Common Media Application Format" (AOMedia); id3.org, ID3v2.4.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av

from renderer.errors import EncoderError, FramingError
from renderer.framing import ADTS_HEADER_BYTES
from renderer.pcm import SAMPLE_RATE_HZ, Packet

ID3_SCHEME = "https://aomedia.org/emsg/ID3"

# The moov at once and without samples, a fragment for all that follows, its decode time that of
# its first packet; no index at the end.
_FLAGS = "empty_moov+default_base_moof+frag_custom+frag_discont+skip_trailer"
_NO_SHIFT = {"use_editlist": "0", "avoid_negative_ts": "disabled"}
_NO_VERSIONS = {"fflags": "+bitexact"}  # of libav, inside: the same sound gives the same bytes
_MOST_NUMBER = 2**31 - 1
_TICK = Fraction(1, SAMPLE_RATE_HZ)
_BOX_HEADER_BYTES = 8
_UTF8 = b"\x03"
_LASTS_UNTIL_THE_NEXT = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Fragment:
    """Some packets as a player fetches them."""

    init: bytes = field(repr=False)  # ftyp and moov: read once, before any media
    media: bytes = field(repr=False)  # moof and mdat


def fragment(packets: Sequence[Packet], number: int) -> Fragment:
    """Put AAC packets (ADTS, one frame each, without a gap between them) into one fragment.

    Args:
        packets: at least one; none begins before position 0, for MP4 has no time before that.
        number: of the fragment in its stream, from 1. libav counts to 2³¹ - 1: then it is 1 again.

    Raises:
        EncoderError: libav did not take them.
        FramingError: what it wrote has no fragment inside.
    """
    sink = bytearray()
    options = {"movflags": _FLAGS, "fragment_index": str((number - 1) % _MOST_NUMBER + 1)}
    try:
        with av.open(
            _Sink(sink), "w", format="mp4", options=options | _NO_SHIFT | _NO_VERSIONS
        ) as file:
            stream = file.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="stereo")
            for packet in packets:
                frame = av.Packet(packet.data[ADTS_HEADER_BYTES:])
                frame.stream = stream
                frame.time_base = _TICK
                frame.pts = frame.dts = packet.position
                frame.duration = packet.frames
                frame.is_keyframe = True
                file.mux(frame)
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise EncoderError(f"no fragment could be made: {error}") from error
    data = bytes(sink)
    begins = _offset_of(b"moof", data)
    return Fragment(data[:begins], data[begins:])


def timed_title(title: str, position: int) -> bytes:
    """A box that goes before a fragment: from `position` on, this is the title."""
    text = _UTF8 + title.encode() + b"\0"
    frame = b"TIT2" + _syncsafe(len(text)) + b"\0\0" + text
    tag = b"ID3\x04\0\0" + _syncsafe(len(frame)) + frame
    head = struct.pack(
        ">IIQII",
        1 << 24,  # version 1, no flags
        SAMPLE_RATE_HZ,
        position,
        _LASTS_UNTIL_THE_NEXT,
        position % 2**32,  # a name: two boxes with the same are one event
    )
    body = head + ID3_SCHEME.encode() + b"\0" + b"\0" + tag
    return struct.pack(">I4s", _BOX_HEADER_BYTES + len(body), b"emsg") + body


def _syncsafe(number: int) -> bytes:
    """ID3's way of a length: 7 bits a byte, so that none looks like MPEG's sync."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _offset_of(kind: bytes, data: bytes) -> int:
    offset = 0
    while offset + _BOX_HEADER_BYTES <= len(data):
        size, found = struct.unpack_from(">I4s", data, offset)
        if found == kind:
            return offset
        if size < _BOX_HEADER_BYTES:
            break
        offset += size
    raise FramingError(f"no {kind.decode()} box in what libav wrote")


class _Sink:
    """A file that can only be written to, so that nothing is ever seeked back and changed."""

    def __init__(self, data: bytearray) -> None:
        self._data = data

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)
