"""The formats a station can broadcast: a row each; and how mounts are named after them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from renderer.aac import AacEncoder
from renderer.encoding import EncoderFactory
from renderer.flac import FlacEncoder
from renderer.framing import MP3_KBPS
from renderer.mp3 import Mp3Encoder
from renderer.mp3_start import mp3_preamble
from renderer.opus import OpusEncoder, opus_preamble
from renderer.pcm import Packet, Preamble


def _shared_preamble(packets: Sequence[Packet], first: int) -> Preamble:
    return packets[first].preamble


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is named and made."""

    name: str  # begins with the extension
    mime_type: str
    extension: str  # without the dot
    encoder: EncoderFactory
    bitrates_kbps: Sequence[int]  # that it can be made with; of a lossless one, what it takes
    has_icy: bool = False  # titles are cut into it for who asks
    joining: Callable[[Sequence[Packet], int], Preamble] = _shared_preamble
    """Recent packets, and which of them a late joiner's decoder begins with: what it needs."""


_TaggedOpusEncoder = partial(OpusEncoder, is_tagged=True)
_OPUS_KBPS = range(16, 257)
_AAC_KBPS = range(32, 321)
_FLAC_KBPS = (900,)  # about what our music takes, its loud half seconds up to 1,240

FORMATS = {
    row.name: row
    for row in (
        Format("mp3", "audio/mpeg", "mp3", Mp3Encoder, MP3_KBPS, True, mp3_preamble),
        Format("opus", "audio/ogg", "opus", OpusEncoder, _OPUS_KBPS, False, opus_preamble),
        Format(
            "opus-tagged", "audio/ogg", "opus", _TaggedOpusEncoder, _OPUS_KBPS, False, opus_preamble
        ),
        Format("aac", "audio/aac", "aac", AacEncoder, _AAC_KBPS),
        Format("flac", "audio/ogg", "flac", FlacEncoder, _FLAC_KBPS),
    )
}


def parse_mount(name: str) -> tuple[Format, int | None]:
    """The format of a mount, and its bitrate in kbit/s where the name says one: `mp3-64`.

    Raises:
        ValueError: no mount can have this name; the message says why.
    """
    if name in FORMATS:
        return FORMATS[name], None
    stem, _, kbps = name.rpartition("-")
    if stem not in FORMATS:
        raise ValueError(f"no format for {name!r}; write one of: {', '.join(FORMATS)}")
    format = FORMATS[stem]
    if not (kbps.isascii() and kbps.isdigit() and int(kbps) in format.bitrates_kbps):
        raise ValueError(f"{stem} cannot have {kbps!r} kbit/s, in {name!r}")
    return format, int(kbps)


def mount_path(name: str) -> str:
    """`stream.mp3` of the mount `mp3`, `stream-64.mp3` of `mp3-64`."""
    extension = parse_mount(name)[0].extension
    return f"stream{name.removeprefix(extension)}.{extension}"
