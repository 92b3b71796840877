"""The sound fonts of a station: its own, its library, and what its shows ask of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from renderer.errors import LibraryError
from renderer.fonts import Fonts
from renderer.general_midi import drum_kit_named, program_named
from renderer.library import Library
from renderer.soundfont import SoundFont, find_soundfont
from station.settings import Settings
from station.show_settings import ShowSettings

SOUNDFONTS = "soundfonts"  # below the storage folder


def library_of(settings: Settings) -> Library:
    folder: Path = settings.storage.folder
    return Library(folder / SOUNDFONTS)


def open_fonts(settings: Settings) -> tuple[Fonts, tuple[str, ...]]:
    """The station's own font and all of its library; and what is wrong, in words.

    Raises:
        SoundFontError: there is nothing to play with.
    """
    library, named, faults = library_of(settings), {}, []
    for name in library.names():
        try:
            named[name] = library.font(name)
        except LibraryError as error:
            faults.append(str(error))
    for show in shows_of(settings):
        if show.soundfont and show.soundfont not in library.names():
            faults.append(
                f"{show.name} asks for the sound font {show.soundfont}, which the library does "
                f"not have: latentfm soundfont add FILE --name {show.soundfont}"
            )
    return Fonts(find_soundfont(settings.renderer.soundfont), named), tuple(faults)


def shows_of(settings: Settings) -> Iterator[ShowSettings]:
    """Every station's."""
    for station in settings.stations.values():
        yield from station.shows


def wanted(settings: Settings) -> set[str]:
    """The names of the fonts that the shows ask for."""
    return {show.soundfont for show in shows_of(settings)} - {""}


def lacking(show: ShowSettings, font: SoundFont) -> tuple[str, ...]:
    """The instruments and drum kits of a show's palette that a font does not have."""
    instruments = [name for name in show.melody + show.bass if not font.has(program_named(name))]
    kits = [name for name in show.drums if not font.has(drum_kit_named(name), is_drums=True)]
    return tuple(dict.fromkeys(instruments + kits))
