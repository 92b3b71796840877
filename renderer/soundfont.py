"""Find a sound font to play with, and look at its header before FluidSynth does.

FluidSynth says no more than "failed" about a bad file; a person at the console needs to know
which file and why.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from renderer import fontfile
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
DRUM_BANK = 128

_RIFF_HEADER_BYTES = 12  # "RIFF", size of what follows the size, "sfbk"
_NAMES_A_LICENCE = re.compile(
    r"(?i:licen[cs]e|public domain|creative commons)|\b(CC[0 -]|L?GPL|MIT\b|BSD\b)"
)
_MOST_LETTERS = 200  # of a licence, as the file says it
# A font that everybody has and that says nothing of itself. Source: Debian's copyright file of
# the package timgm6mb-soundfont.
_KNOWN = {"TimGM6mb": ("GPL-2", "Tim Brechbill 2004; David Bolton 2010")}


@dataclass(frozen=True, slots=True)
class SoundFont:
    """A file that looks like a whole sound font."""

    path: Path
    name: str  # as its author called it, or the file's stem
    size_bytes: int
    licence: str = ""  # in words; empty where nobody says
    credits: str = ""  # who made it; the same
    source: str = ""  # where it came from; the same
    presets: frozenset[tuple[int, int]] = frozenset()  # (bank, program); kits in DRUM_BANK

    def has(self, program: int, is_drums: bool = False) -> bool:
        """Is there such an instrument, or such a drum kit?"""
        return (DRUM_BANK if is_drums else 0, program) in self.presets


def find_soundfont(configured: Path | None = None) -> SoundFont:
    """The configured font, else the best of the usual places, else the one in pretty_midi.

    Raises:
        SoundFontError: the configured font cannot be used, or there is none at all.
    """
    if configured is not None:
        return read_soundfont(configured)
    found = next(installed_soundfonts(), None)
    if found is None:
        raise SoundFontError(
            Path("(any)"), "none is installed; on Debian: apt-get install timgm6mb-soundfont"
        )
    return found


def installed_soundfonts() -> Iterator[SoundFont]:
    """The fonts of the usual places, the best first, each file once."""
    seen = set()
    for path in _usual_paths():
        if (real := path.resolve()) in seen:
            continue
        seen.add(real)
        try:
            yield read_soundfont(path)
        except SoundFontError:  # nobody asked for this very file: try the next
            continue


def read_soundfont(path: Path) -> SoundFont:
    """The font at `path`, if it is one and is whole.

    Raises:
        SoundFontError: no such file, unreadable, not a sound font, or cut short.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_RIFF_HEADER_BYTES)
            size_bytes = path.stat().st_size
            _refuse_broken(path, header, size_bytes)
            lists = fontfile.read_lists(file)
    except OSError as error:
        raise SoundFontError(path, (error.strerror or str(error)).lower()) from error
    info = lists[b"INFO"]
    name = fontfile.text(info, b"INAM") or path.stem
    makers = (fontfile.text(info, chunk) for chunk in (b"ICOP", b"IENG"))
    known = next((known for stem, known in _KNOWN.items() if name.startswith(stem)), ("", ""))
    return SoundFont(
        path,
        name,
        size_bytes,
        licence=_licence(info) or known[0],
        credits=next(filter(None, makers), "") or known[1],
        presets=fontfile.presets(lists[b"pdta"]),
    )


def _refuse_broken(path: Path, header: bytes, size_bytes: int) -> None:
    if header[:4] != b"RIFF" or header[8:12] != b"sfbk":
        raise SoundFontError(path, "it is not a sound font (no RIFF sfbk header)")
    promised_bytes = int.from_bytes(header[4:8], "little") + 8
    if size_bytes < promised_bytes:
        raise SoundFontError(path, f"it is cut short: {size_bytes} of {promised_bytes} bytes")


def _licence(info: Mapping[bytes, bytes]) -> str:
    """What its author wrote under, if a licence is named; a copyright alone allows nothing."""
    texts = (fontfile.text(info, chunk) for chunk in (b"ICMT", b"ICOP"))
    for sentence in (part.strip() for each in texts for part in re.split(r"(?<=[.;]) ", each)):
        if re.search(_NAMES_A_LICENCE, sentence):
            return sentence[:_MOST_LETTERS]
    return ""


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
