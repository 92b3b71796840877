"""Find a sound font to play with, and look at its header before FluidSynth does.

FluidSynth says no more than "failed" about a bad file; a person at the console needs to know
which file and why.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from renderer.errors import SoundFontError

USUAL_NAMES = ("FluidR3_GM", "default-GM", "TimGM6mb")  # the best first
USUAL_FOLDERS = (
    Path("/usr/share/sounds/sf2"),
    Path("/usr/share/sounds/sf3"),
    Path("/usr/share/soundfonts"),
    Path("/usr/local/share/soundfonts"),
    Path("/usr/local/share/sounds/sf2"),
    Path("/opt/homebrew/share/soundfonts"),
)
EXTENSIONS = (".sf2", ".sf3")

_RIFF_HEADER_BYTES = 12  # "RIFF", size of what follows the size, "sfbk"
_CHUNK_HEADER_BYTES = 8  # name, size of what follows the size


@dataclass(frozen=True, slots=True)
class SoundFont:
    """A file that looks like a whole sound font."""

    path: Path
    name: str  # as its author called it, or the file's stem
    size_bytes: int


def find_soundfont(configured: Path | None = None) -> SoundFont:
    """The configured font, else the best of the usual places, else the one in pretty_midi.

    Raises:
        SoundFontError: the configured font cannot be used, or there is none at all.
    """
    if configured is not None:
        return read_soundfont(configured)
    for path in _usual_paths():
        try:
            return read_soundfont(path)
        except SoundFontError:  # nobody asked for this very file: try the next
            continue
    raise SoundFontError(
        Path("(any)"), "none is installed; on Debian: apt-get install timgm6mb-soundfont"
    )


def read_soundfont(path: Path) -> SoundFont:
    """The font at `path`, if it is one and is whole.

    Raises:
        SoundFontError: no such file, unreadable, not a sound font, or cut short.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_RIFF_HEADER_BYTES)
            info = file.read(_CHUNK_HEADER_BYTES)
            if info[:4] == b"LIST":
                info += file.read(min(int.from_bytes(info[4:8], "little"), 65_536))
        size_bytes = path.stat().st_size
    except OSError as error:
        raise SoundFontError(path, (error.strerror or str(error)).lower()) from error
    if header[:4] != b"RIFF" or header[8:12] != b"sfbk":
        raise SoundFontError(path, "it is not a sound font (no RIFF sfbk header)")
    promised_bytes = int.from_bytes(header[4:8], "little") + 8
    if size_bytes < promised_bytes:
        raise SoundFontError(path, f"it is cut short: {size_bytes} of {promised_bytes} bytes")
    return SoundFont(path, _name_in(info) or path.stem, size_bytes)


def _usual_paths() -> Iterator[Path]:
    for name in USUAL_NAMES:
        for folder in USUAL_FOLDERS:
            for extension in EXTENSIONS:
                path = folder / f"{name}{extension}"
                if path.exists():
                    yield path
    # Found, not imported: importing pretty_midi takes longer than starting the station.
    spec = importlib.util.find_spec("pretty_midi")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).with_name("TimGM6mb.sf2")


def _name_in(info: bytes) -> str:
    """The INAM chunk of a LIST INFO chunk; empty when there is none."""
    offset = _RIFF_HEADER_BYTES  # after "LIST", size, "INFO"
    while offset + _CHUNK_HEADER_BYTES <= len(info):
        size = int.from_bytes(info[offset + 4 : offset + 8], "little")
        body = info[offset + _CHUNK_HEADER_BYTES :][:size]
        if info[offset : offset + 4] == b"INAM":
            return body.split(b"\0")[0].decode("latin-1").strip()
        offset += _CHUNK_HEADER_BYTES + size + size % 2  # chunks start on even bytes
    return ""
