"""The formats a station can broadcast: a row each."""

from __future__ import annotations

from dataclasses import dataclass

from renderer.encoding import EncoderFactory
from renderer.mp3 import Mp3Encoder
from renderer.opus import OpusEncoder


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is named and made."""

    name: str
    mime_type: str
    extension: str  # without the dot
    encoder: EncoderFactory


FORMATS = {
    row.name: row
    for row in (
        Format("mp3", "audio/mpeg", "mp3", Mp3Encoder),
        Format("opus", "audio/ogg", "opus", OpusEncoder),
    )
}
