"""Every file of music in some folders and in the archives inside them."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from generators.errors import CorpusError

MIDI = (".mid", ".midi")
MUSICXML = (".mxl", ".musicxml", ".xml")
ABC = (".abc",)
NOTES = ("PROVENANCE", "LICENSE", "LICENCE", "COPYING", "CREDITS", "AUTHORS", "README")
MOST_NOTE_BYTES = 1 << 20  # of one file
MOST_BYTES = 32 << 20  # of one file: no score is larger, but an archive can say it is


@dataclass(frozen=True, slots=True)
class Source:
    set_name: str  # the folder's name
    name: str  # inside the folder or the archive
    licence: str
    data: bytes

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix.lower()


def sources(folder: Path) -> Iterator[Source]:
    """Every score below `folder`, in the order of names; archives are read in their place.

    Raises:
        CorpusError: there is no such folder, or an archive in it is damaged.
    """
    if not folder.is_dir():
        raise CorpusError(f"no such folder: {folder}")
    licence = _licence(folder)
    for path in sorted(folder.rglob("*"), key=lambda p: _place(str(p))):
        for name, data in _scores(folder, path):
            yield Source(folder.name, name, licence, data)


def notes_of(folder: Path) -> str:
    """All that a set says about where it is from and who may use it, file by file."""
    told = [path for path in sorted(folder.iterdir()) if path.name.upper().startswith(NOTES)]
    return "\n".join(
        f"== {path.name} ==\n{path.read_bytes()[:MOST_NOTE_BYTES].decode(errors='replace')}"
        for path in told
        if path.is_file()
    )


def _scores(folder: Path, path: Path) -> Iterator[tuple[str, bytes]]:
    if not path.is_file():
        return
    try:
        if _is_score(path.name):
            yield str(path.relative_to(folder)), path.read_bytes()
        elif ".tar" in path.suffixes or path.suffix == ".tgz":
            yield from _in_tar(path)
        elif path.suffix == ".zip":
            yield from _in_zip(path)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise CorpusError(f"{path} cannot be read: {error}") from error


def _in_tar(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: _place(m.name)):
            if _is_score(member.name) and member.size <= MOST_BYTES:
                content = archive.extractfile(member)
                if content is not None:
                    yield member.name, content.read()


def _in_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for entry in sorted(archive.infolist(), key=lambda e: _place(e.filename)):
            if _is_score(entry.filename) and entry.file_size <= MOST_BYTES:
                yield entry.filename, archive.read(entry)


def _place(name: str) -> tuple[bool, str]:
    """In the order of names, but MIDI first: it gives its name to a tune that is there twice."""
    return PurePosixPath(name).suffix.lower() not in MIDI, name


def _is_score(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in (*MIDI, *MUSICXML, *ABC)


def _licence(folder: Path) -> str:
    note = folder / "PROVENANCE.md"
    if note.is_file():
        return note.read_text().splitlines()[0].lstrip("# ")
    return "not stated"
