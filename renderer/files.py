"""Every kind of file that a piece can be had as. A new one is a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from generators.music import Piece
from renderer.artwork import COVER_PX, cover_svg
from renderer.balance import Balance
from renderer.export import AudioFormat, export_audio, export_midi
from renderer.musicxml import export_musicxml
from renderer.rasterising import rasterised
from renderer.solo import MakeSynth
from renderer.stems import export_stems


@dataclass(frozen=True, slots=True)
class Take:
    """A piece, and who plays it how."""

    piece: Piece
    make_synth: MakeSynth
    station: str  # its title, for the artist
    balance: Balance | None = None  # as it was aired with; without, it is measured again


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of file."""

    name: str  # as people know it
    mime_type: str
    # Its bytes. Equal takes give equal bytes. Takes seconds, and raises RenderError when it cannot
    # be made.
    make: Callable[[Take], bytes]


def _midi(take: Take) -> bytes:
    return export_midi(take.piece)


def _sheet(take: Take) -> bytes:
    return export_musicxml(take.piece, station=take.station)


def _sound(format: AudioFormat, take: Take) -> bytes:
    cover = rasterised(cover_svg(take.piece), COVER_PX, COVER_PX) if format != "wav" else None
    return export_audio(
        take.piece,
        take.make_synth,
        format,
        station=take.station,
        balance=take.balance,
        cover=cover,
    )


def _stems(take: Take) -> bytes:
    return export_stems(take.piece, take.make_synth, station=take.station, balance=take.balance)


# By what the name of the file ends in.
FILES: dict[str, FileKind] = {
    "mid": FileKind("MIDI", "audio/midi", _midi),
    "musicxml": FileKind("MusicXML", "application/vnd.recordare.musicxml+xml", _sheet),
    "mp3": FileKind("MP3", "audio/mpeg", partial(_sound, "mp3")),
    "ogg": FileKind("Ogg Opus", "audio/ogg", partial(_sound, "ogg")),
    "flac": FileKind("FLAC", "audio/flac", partial(_sound, "flac")),
    "wav": FileKind("WAV", "audio/wav", partial(_sound, "wav")),
    "stems.zip": FileKind("Stems", "application/zip", _stems),
}
