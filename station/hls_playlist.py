"""The values of HLS, and the media playlist that names them.

Sources: RFC 8216 (HTTP Live Streaming) §4.3 and §6.2; its second edition,
draft-pantos-hls-rfc8216bis, for END-ON-NEXT and what a date range may say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from renderer.pcm import SAMPLE_RATE_HZ

VERSION = 7  # of the protocol: fragmented MP4 in media playlists
PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
MEDIA_TYPE = "audio/mp4"
PIECE_CLASS = "fm.latent.piece"


@dataclass(frozen=True, slots=True)
class Sounding:
    """A piece, where it began to sound."""

    position: int  # frames since the broadcast began
    began: datetime  # UTC
    title: str
    piece_id: str


@dataclass(frozen=True, slots=True)
class Segment:
    """Some seconds of sound, as players fetch them."""

    run: str  # which broadcast it is of: no name is ever given twice
    number: int  # media sequence
    discontinuity: int  # sequence of it: how often timestamps broke before this one
    breaks: bool  # they break here
    position: int  # of the first frame
    frames: int
    began: datetime  # on air, UTC
    pieces: tuple[Sounding, ...]  # that sound in it, in order
    init_name: str
    init: bytes = field(repr=False)  # what a decoder reads before it
    data: bytes = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.run}-{self.number}.m4s"

    @property
    def seconds(self) -> float:
        return self.frames / SAMPLE_RATE_HZ


def playlist(segments: Sequence[Segment], target_seconds: int) -> str:
    """The media playlist of `segments`, oldest first; at least one.

    A break before the very first one is told too, so the sequence of discontinuities in the head
    is that of the segment before: the tag leaves the playlist together with its segment.
    """
    first = segments[0]
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target_seconds}",
        f"#EXT-X-MEDIA-SEQUENCE:{first.number}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{first.discontinuity - first.breaks}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        *_date_ranges(segments),
    ]
    init_name = ""
    for segment in segments:
        if segment.breaks:
            lines.append("#EXT-X-DISCONTINUITY")
        if segment.breaks or segment.init_name != init_name:
            init_name = segment.init_name
            lines.append(f'#EXT-X-MAP:URI="{init_name}"')
        title = _one_line(segment.pieces[0].title) if segment.pieces else ""
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date_time(segment.began)}")
        lines.append(f"#EXTINF:{segment.seconds:.5f},{title}")
        lines.append(segment.name)
    return "\n".join(lines) + "\n"


def date_time(at: datetime) -> str:
    """ISO 8601 to the nearest millisecond, which is what players read."""
    nearest = at + timedelta(microseconds=500)
    return nearest.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _date_ranges(segments: Sequence[Segment]) -> Iterator[str]:
    told = set()
    for segment in segments:
        for piece in segment.pieces:
            name = f"{segment.run}-{piece.position}"
            if name not in told:
                told.add(name)
                yield _date_range(name, piece)


def _date_range(name: str, piece: Sounding) -> str:
    """Each lasts until the next of its class begins."""
    attributes = (
        f'ID="{name}"',
        f'CLASS="{PIECE_CLASS}"',
        f'START-DATE="{date_time(piece.began)}"',
        "END-ON-NEXT=YES",
        f'X-TITLE="{_quotable(piece.title)}"',
        f'X-PIECE="{piece.piece_id}"',
        f"X-POSITION={piece.position}",
    )
    return "#EXT-X-DATERANGE:" + ",".join(attributes)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quotable(text: str) -> str:
    """HLS has no way to write a quotation mark inside a quoted string."""
    return _one_line(text).replace('"', "'")
