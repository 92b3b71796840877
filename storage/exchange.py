"""The archive as lines of JSON, to be read again: what `export` writes and `import-archive` reads.

The first line says what the file is. Then a record a line, as the journal has them, a kind after
the other in the order of `storage.walk`; equal archives give equal bytes. The last line has how
many there are of each kind, and the sha256 of all the lines before it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from storage import wire
from storage.walk import Kept, Kind, Scope

NAME = "archive.jsonl"
FORMAT = "latentfm-archive"
VERSION = 1
_BLOCK_BYTES = 1 << 20


def first_line(scope: Scope) -> bytes:
    return _line({"format": FORMAT, "version": VERSION, **scope.said()})


def last_line(counts: Mapping[str, int], sha256: str) -> bytes:
    return _line({"end": FORMAT, "counts": dict(counts), "sha256": sha256})


class LinesWriter:
    """Writes one file of lines."""

    def __init__(self, folder: Path, came_to: Mapping[str, Any], scope: Scope) -> None:
        path, size = folder / NAME, came_to.get("bytes", 0)
        self._sha256 = hashlib.sha256()
        self._file = path.open("r+b" if size else "w+b")
        self._file.truncate(size)  # without what was written and never came to be known as safe
        while block := self._file.read(_BLOCK_BYTES):
            self._sha256.update(block)
        if size == 0:
            self._write(first_line(scope))

    def write(self, kind: Kind, records: Sequence[Kept]) -> None:
        self._write(b"".join(map(wire.to_line, records)))

    def end(self, kind: Kind) -> None:
        pass

    def safe(self) -> dict[str, Any]:
        self._file.flush()
        os.fsync(self._file.fileno())
        return {"bytes": self._file.tell()}

    def finish(self, counts: Mapping[str, int]) -> None:
        self._write(last_line(counts, self._sha256.hexdigest()))
        self.safe()

    def close(self) -> None:
        self._file.close()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._sha256.update(data)


def _line(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n"
