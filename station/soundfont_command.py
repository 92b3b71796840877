"""`soundfont list`, `add` and `check`: the library of sound fonts, and whose they are."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from renderer.copies import Progress
from renderer.errors import LibraryError
from renderer.library import Library
from renderer.soundfont import SoundFont, find_soundfont, installed_soundfonts
from station.fonts import lacking, library_of, shows_of
from station.settings import Settings


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    soundfont = add("soundfont", help="the library of sound fonts")
    verbs = soundfont.add_subparsers(required=True, metavar="VERB")

    listing = verbs.add_parser("list", help="the fonts there are, and whose they are")
    listing.set_defaults(command=list_fonts)

    adding = verbs.add_parser("add", help="copy a font into the library")
    adding.add_argument("file", type=Path, help="a .sf2 or .sf3 file")
    adding.add_argument("--name", help="what shows call it (default: the file's name)")
    adding.add_argument("--licence", help="in words (default: as the font says)")
    adding.add_argument("--credits", help="who made it (default: as the font says)")
    adding.add_argument("--source", default="", help="where it came from, in words")
    adding.set_defaults(command=add_font)

    checking = verbs.add_parser("check", help="whole, unaltered, and good for the shows?")
    checking.add_argument("name", nargs="?", help="of the font (default: all of the library)")
    checking.set_defaults(command=check_fonts)


def list_fonts(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    library = library_of(settings)
    for name in library.names():
        try:
            _show(name, library.font(name))
        except LibraryError as error:
            print(f"{name}\n  BROKEN: {error}")
    own = find_soundfont(settings.renderer.soundfont)
    _show("(the station's own)", own)
    for font in installed_soundfonts():
        if font.path.resolve() != own.path.resolve():
            _show("(installed)", font)
    return 0


def add_font(arguments: argparse.Namespace) -> int:
    library = library_of(arguments.settings)
    file: Path = arguments.file
    with _bar(f"copying {file.name}", file) as progress:
        name = library.add(
            file,
            name=arguments.name,
            licence=arguments.licence,
            credits=arguments.credits,
            source=arguments.source,
            progress=progress,
        )
    _show(name, library.font(name))
    return 0


def check_fonts(arguments: argparse.Namespace) -> int:
    """A line a font; exit status 1 if one is not what it should be."""
    settings: Settings = arguments.settings
    library = library_of(settings)
    names = (arguments.name,) if arguments.name else library.names()
    broken = 0
    for name in names:
        try:
            for line in _checked(library, name, settings):
                print(line)
        except LibraryError as error:
            broken += 1
            print(f"FAIL  {name}: {error}")
    if not names:
        print(f"{library.folder} is empty: the station's own sound font plays", file=sys.stderr)
    return 1 if broken else 0


def _checked(library: Library, name: str, settings: Settings) -> Iterator[str]:
    font = library.font(name)
    with _bar(f"reading {name}", font.path) as progress:
        library.verify(name, progress)
    yield f"ok    {name}: whole and unaltered, {len(font.presets)} presets, plays"
    for show in shows_of(settings):
        if show.soundfont == name and (missing := lacking(show, font)):
            yield f"      {show.name}: it lacks {', '.join(missing)}; the station's own has to help"


def _show(name: str, font: SoundFont) -> None:
    print(f"{name}  {font.name}, {font.size_bytes / 1e6:.1f} MB, {len(font.presets)} presets")
    facts = {
        "licence": font.licence or "not said",
        "credits": font.credits or "not said",
        "source": font.source,
        "file": str(font.path),
    }
    for what, words in facts.items():
        if words:
            print(f"  {what + ':':<9} {words}")


@contextmanager
def _bar(doing: str, file: Path) -> Iterator[Progress]:
    from tqdm import tqdm  # slow to import, and only seen by who waits for a large file

    size = file.stat().st_size if file.is_file() else 0
    with tqdm(total=size, desc=doing, unit="B", unit_scale=True, disable=None) as bar:
        yield bar.update
