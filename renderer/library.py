"""A library of sound fonts: a folder with each font and a card that says whose it is.

`NAME.sf2` (or `.sf3`) lies beside `NAME.json`. A font is copied under another name, tried, and
only then put in its place, its card first: a font that is there is whole and has a licence.
"""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

from renderer.copies import Progress, copy, half_made, sha256_of
from renderer.errors import LibraryError, SoundFontError
from renderer.fonts import try_font
from renderer.soundfont import EXTENSIONS, SoundFont, read_soundfont

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


class Library:
    """The fonts in one folder. It need not exist before a font is added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> tuple[str, ...]:
        """Of every font with a card, whole or not."""
        cards = sorted(self.folder.glob("*.json"))
        return tuple(card.stem for card in cards if self._file(card.stem) is not None)

    def font(self, name: str) -> SoundFont:
        """The font of that name, with the licence and credits that its card gives.

        Raises:
            LibraryError: there is none, or its file or its card cannot be read.
        """
        font, card = self._open(name)
        return dataclasses.replace(
            font, licence=card["licence"], credits=card["credits"], source=card["source"]
        )

    def add(
        self,
        file: Path,
        *,
        name: str | None = None,
        licence: str | None = None,
        credits: str | None = None,
        source: str = "",
        progress: Progress = lambda _: None,
    ) -> str:
        """Copy a font into the library; its name there.

        What is not said here is taken from the font itself, where it says it.

        Raises:
            LibraryError: it is no usable font, nobody says its licence or who made it, or there
                is one of that name already. Nothing of it was kept.
        """
        try:
            font = read_soundfont(file)
        except SoundFontError as error:
            raise LibraryError(f"cannot add {file}: {error.reason}") from error
        name = name or name_from(file.stem)
        self._refuse_name(name)
        facts = {
            "title": font.name,
            "licence": _said("licence", licence, font.licence, font),
            "credits": _said("credits", credits, font.credits, font),
            "source": source,
        }
        known = file.suffix.lower() in EXTENSIONS
        place = self.folder / f"{name}{file.suffix.lower() if known else EXTENSIONS[0]}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with half_made(place) as part, half_made(self._card(name)) as card:
                facts["sha256"] = copy(file, part, progress)
                _hear(part, file)
                card.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
                card.replace(self._card(name))
                part.replace(place)
        except OSError as error:
            raise LibraryError(f"cannot add {file}: {error.strerror or error}") from error
        return name

    def verify(self, name: str, progress: Progress = lambda _: None) -> None:
        """Is the font what its card says, to the last byte, and does it play?

        Raises:
            LibraryError: no; the message says in what.
        """
        font, card = self._open(name)
        try:
            sha256 = sha256_of(font.path, progress)
        except OSError as error:
            raise LibraryError(f"cannot read {font.path}: {error.strerror}") from error
        if sha256 != card["sha256"]:
            raise LibraryError(
                f"{font.path} is not the file that was added (its sha256 has changed): remove it "
                f"and {self._card(name).name}, and add it again"
            )
        _hear(font.path, font.path)

    def _open(self, name: str) -> tuple[SoundFont, dict[str, str]]:
        file = self._file(name)
        if file is None:
            known = ", ".join(self.names()) or "it is empty"
            raise LibraryError(f"no sound font {name!r} in {self.folder} ({known})")
        try:
            card = json.loads(self._card(name).read_text())
            facts = {key: str(card[key]) for key in ("licence", "credits", "source", "sha256")}
            return read_soundfont(file), facts
        except SoundFontError as error:
            raise LibraryError(f"{file}: {error.reason}; remove it, and add it again") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LibraryError(
                f"{self._card(name)} is no card of a sound font ({error!r}): remove it and "
                f"{file.name}, and add the font again"
            ) from error

    def _file(self, name: str) -> Path | None:
        if not _NAME.fullmatch(name):
            return None
        files = (self.folder / f"{name}{extension}" for extension in EXTENSIONS)
        return next((file for file in files if file.exists()), None)

    def _card(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _refuse_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise LibraryError(
                f"{name!r} cannot be a font's name: up to 40 letters, digits, _ and -"
            )
        if there := self._file(name):
            raise LibraryError(
                f"there is a font {name} already ({there}): choose another --name, or remove that "
                f"and {self._card(name).name} first"
            )


def _said(what: str, given: str | None, by_font: str, font: SoundFont) -> str:
    words = " ".join((given or by_font).split())
    if not words:
        raise LibraryError(
            f"{font.path} ({font.name}) does not say its {what}: look where it came from, and "
            f"give --{what}"
        )
    return words


def name_from(stem: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:40]


def _hear(path: Path, named: Path) -> None:
    try:
        try_font(path)
    except SoundFontError as error:
        raise LibraryError(f"{named} cannot be played: {error.reason}") from error
