"""Files that were made once, kept on disk up to a limit; what was not used longest goes first.

A file's name begins with the hash of its bytes. So one that was cut short, or changed by anybody,
is found out before it is served, and the next run knows by the names what there is. When a file
was last used is its time of access, which we set ourselves: mounts may be without.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from storage.fault import Fault

JUST_USED_SECONDS = 10.0  # a file is about to be opened by whom it was given to
_PARTIAL = ".partial"
_NAME = re.compile(r"([0-9a-f]{32})-([0-9a-z.-]{1,100})")


@dataclass(slots=True)
class _Kept:
    path: Path
    size_bytes: int
    is_checked: bool  # its bytes were seen to be whole, and it was not changed since
    used_at: float  # of time.monotonic


class ExportCache:
    """One folder of files, by key. Safe to use from any thread; all of it waits for the disk."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        """Touches nothing yet. With 0 bytes it keeps nothing."""
        self._folder = folder
        self._most_bytes = most_bytes
        self._kept: dict[str, _Kept] | None = None  # what was used last stands last
        self._lock = threading.Lock()
        self._fault = Fault("downloads are not kept")

    def find(self, key: str) -> Path | None:
        """The file of that key, whole."""
        if not self._most_bytes:
            return None
        with self._lock:
            kept = self._all().pop(key, None)
            if kept is None or not _is_whole(kept):
                if kept is not None:
                    kept.path.unlink(missing_ok=True)
                return None
            self._all()[key] = kept
            kept.used_at = time.monotonic()
            with contextlib.suppress(OSError):  # the order is for the next run
                _touch(kept.path)
            return kept.path

    def keep(self, key: str, data: bytes) -> Path | None:
        """Write a file, and remove others for it; None where it cannot be kept."""
        if len(data) > self._most_bytes:
            return None
        name = f"{_digest(data)}-{key}"
        if not _NAME.fullmatch(name):
            raise ValueError(f"{key!r} cannot be in a file's name")
        with self._lock:
            path = self._folder / name
            try:
                kept = self._all()
                _write(path, data)
            except OSError as error:
                self._fault.begins(str(error))
                return None
            self._fault.ends()
            kept.pop(key, None)
            kept[key] = _Kept(path, len(data), True, time.monotonic())
            self._make_room(kept)
            return path

    def _make_room(self, kept: dict[str, _Kept]) -> None:
        used_before = time.monotonic() - JUST_USED_SECONDS
        over = sum(each.size_bytes for each in kept.values()) - self._most_bytes
        for key, each in list(kept.items()):
            if over <= 0 or each.used_at > used_before:
                return
            each.path.unlink(missing_ok=True)
            over -= each.size_bytes
            del kept[key]

    def _all(self) -> dict[str, _Kept]:
        """What is there; the first time, as the folder says."""
        if self._kept is None:
            self._kept = dict(self._listed())
        return self._kept

    def _listed(self) -> list[tuple[str, _Kept]]:
        found = []
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self._folder):
                name = _NAME.fullmatch(entry.name)
                if entry.name.endswith(_PARTIAL):
                    Path(entry.path).unlink(missing_ok=True)  # we were killed as we wrote it
                elif name:
                    state = entry.stat()
                    kept = _Kept(Path(entry.path), state.st_size, False, float("-inf"))
                    found.append((state.st_atime_ns, name[2], kept))
        return [(key, kept) for _, key, kept in sorted(found, key=lambda each: each[0])]


def _is_whole(kept: _Kept) -> bool:
    try:
        state = kept.path.stat()
        as_written = (kept.size_bytes, _changed_ns(kept.path))
        if kept.is_checked and (state.st_size, state.st_mtime_ns) == as_written:
            return True
        kept.is_checked = kept.path.name.startswith(_digest(kept.path.read_bytes()))
    except OSError:
        return False
    return kept.is_checked


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing, under its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + _PARTIAL)
    try:
        partial.write_bytes(data)
        partial.replace(path)
        _touch(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _touch(path: Path) -> None:
    os.utime(path, ns=(time.time_ns(), _changed_ns(path)))


def _changed_ns(path: Path) -> int:
    """The time of change that a file has: of its hash, so that equal bytes have one ETag."""
    return int(path.name[:7], 16) * 10**9


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
