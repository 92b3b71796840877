"""A file of `storage.exchange`, read: first whether it is whole, then record by record.

Whole is what hashes to the sum in its last line, and that takes seconds. Only a file that is not
is read through line by line, to say where it is at fault.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from storage import wire
from storage.errors import ArchiveFileError
from storage.exchange import FORMAT, NAME, VERSION
from storage.records import Record
from storage.walk import KINDS

LONGEST_LINE_BYTES = 16 << 20  # a piece of an hour takes some 1 MB
_KINDS = {b'{"record":"%s",' % name.encode(): name for name in KINDS}
_PROGRESS_BYTES = 1 << 20

Progress = Callable[[int], object]  # is told how many bytes more are done


@dataclass(frozen=True, slots=True)
class Section:
    """The lines of one kind, which stand together."""

    kind: str
    offset: int  # bytes
    line: int  # of its first line, from 1
    lines: int


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A file that was found whole."""

    path: Path
    sha256: str
    sections: tuple[Section, ...]  # as they stand there: what refers before what is referred to

    @property
    def records(self) -> int:
        return sum(section.lines for section in self.sections)

    def read(self, section: Section, skip: int = 0) -> Iterator[Record]:
        """The records of a section, but so many of the first.

        Raises:
            ArchiveFileError: a line is no record of its kind, though the file is whole.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(section.offset)
                for number in range(section.lines):
                    line = file.readline(LONGEST_LINE_BYTES)
                    if number >= skip:
                        yield _record(self.path, section.line + number, line)
        except OSError as error:
            raise _unreadable(self.path, error) from error


def open_archive(path: Path, progress: Progress = lambda _: None) -> ArchiveFile:
    """Find a file, or the one in a folder, and see that it is whole.

    Raises:
        ArchiveFileError: it is cut short, altered, or something else; it names the line.
    """
    path = path / NAME if path.is_dir() else path
    try:
        with path.open("rb") as file:
            return _open(path, file, progress)
    except OSError as error:
        raise _unreadable(path, error) from error


def _open(path: Path, file: BinaryIO, progress: Progress) -> ArchiveFile:
    sha256 = hashlib.sha256()
    first = file.readline(LONGEST_LINE_BYTES)
    _check_first(path, first)
    sha256.update(first)
    sections: list[Section] = []
    offset, told = len(first), 0
    number = 1
    while line := file.readline(LONGEST_LINE_BYTES):
        number += 1
        name = _KINDS.get(line[: line.find(b",") + 1])
        if name is None or not line.endswith(b"\n"):
            break
        if not sections or sections[-1].kind != name:
            if name in {section.kind for section in sections}:
                raise _fault(path, number, f"a {name} stands here, away from the others")
            sections.append(Section(name, offset, number, 0))
        last = sections[-1]
        sections[-1] = Section(name, last.offset, last.line, last.lines + 1)
        sha256.update(line)
        offset += len(line)
        if offset - told >= _PROGRESS_BYTES:
            progress(offset - told)
            told = offset
    progress(offset - told)
    end = _end(line)
    if end is None:
        _find_fault(path)
        raise _fault(path, number, "the last line is missing: the file was cut short")
    if file.read(1):
        raise _fault(path, number + 1, "more stands behind the last line")
    counts = {section.kind: section.lines for section in sections}
    told_counts = {name: count for name, count in end["counts"].items() if count}
    if end["sha256"] != sha256.hexdigest() or told_counts != counts:
        _find_fault(path)
        raise _fault(
            path, number, "the lines do not fit their sum: one was altered, lost, or came twice"
        )
    return ArchiveFile(path, sha256.hexdigest(), tuple(sections))


def _check_first(path: Path, line: bytes) -> None:
    try:
        said = json.loads(line)
        if said["format"] != FORMAT:
            raise ValueError(said["format"])
        version = int(said["version"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _fault(
            path,
            1,
            "this is no archive of Latent FM: `latentfm export --format jsonl` makes one",
        ) from error
    if version > VERSION:
        raise _fault(
            path, 1, f"a newer Latent FM wrote it (version {version}, this one reads {VERSION})"
        )


def _end(line: bytes) -> Mapping[str, Any] | None:
    try:
        end = json.loads(line)
        if end["end"] != FORMAT or not isinstance(end["counts"], dict):
            return None
        return {"counts": end["counts"], "sha256": end["sha256"]}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _find_fault(path: Path) -> None:
    """Name the first line that is no record, if there is one."""
    with path.open("rb") as file:
        file.readline(LONGEST_LINE_BYTES)
        number = 1
        while line := file.readline(LONGEST_LINE_BYTES):
            number += 1
            if _end(line) is not None:
                return
            if not line.endswith(b"\n"):
                raise _fault(path, number, "it ends in the middle of a line: it was cut short")
            _record(path, number, line)


def _record(path: Path, number: int, line: bytes) -> Record:
    try:
        return wire.from_line(line)
    except ValueError as error:
        raise ArchiveFileError(path, number, str(error)) from error


def _fault(path: Path, number: int, reason: str) -> ArchiveFileError:
    return ArchiveFileError(path, number, f"{reason}. Nothing was changed")


def _unreadable(path: Path, error: OSError) -> ArchiveFileError:
    return ArchiveFileError(path, 0, f"cannot be read: {error.strerror or error}")
