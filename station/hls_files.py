"""What HLS keeps on a disk: its numbers, for the next start; and on request all of it.

A thread of its own writes, so a disk that is slow, full or gone holds up nobody. It always
writes the newest there is: what it had no time for is not written late.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from storage.fault import Fault

PLAYLIST = "live.m3u8"
SPARE_NUMBERS = 1  # a crash may lose the write that belongs to the newest segment
PATIENCE_SECONDS = 2.0  # with a disk that hangs, when the station closes

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What players count by. Over a restart of the server they go on, and never back."""

    segment: int  # of the segment to come
    discontinuity: int  # of the segment before


@dataclass(frozen=True, slots=True)
class Window:
    """All that may be fetched now."""

    playlist: bytes
    files: Mapping[str, bytes]  # by name; more than the playlist names: old ones too
    seconds: float  # of sound in them
    numbers: Numbers


class HlsFiles:
    """The files of one station. Only `close` waits, and not for long."""

    def __init__(
        self, state: Path, folder: Path | None = None, *, now: Callable[[], float] = time.time
    ) -> None:
        """
        Args:
            state: the file for the numbers.
            folder: where playlist and segments go as well.
            now: the time of day, as files have it.
        """
        self.numbers = _read(state, now)
        self._state = state
        self._folder = folder
        self._now = now
        self._state_fault = Fault(f"{state} cannot be written")
        self._folder_fault = Fault(f"HLS cannot be written into {folder}")
        self._latest: Window | None = None
        self._last: Numbers | None = None  # when it closes
        self._changed = threading.Condition()  # guards the two above
        self._thread = threading.Thread(target=self._run, name="hls-files", daemon=True)

    def put(self, window: Window) -> None:
        """Have it written soon. Never waits."""
        with self._changed:
            self._latest = window
            self._changed.notify()
        if self._thread.ident is None:
            self._thread.start()

    def close(self, numbers: Numbers) -> None:
        """Write what is left, and the very numbers that come next."""
        if self._thread.ident is None:  # nothing was put
            return
        with self._changed:
            self._last = numbers
            self._changed.notify()
        self._thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._latest or self._last)
                window, self._latest = self._latest, None
                last = self._last
            if window is not None:
                spare = window.numbers.segment + SPARE_NUMBERS
                self._write_numbers(replace(window.numbers, segment=spare))
                if self._folder is not None:
                    self._write_folder(self._folder, window)
            elif last is not None:
                self._write_numbers(last)
                return

    def _write_numbers(self, numbers: Numbers) -> None:
        try:
            self._state.parent.mkdir(parents=True, exist_ok=True)
            _replace(self._state, json.dumps(asdict(numbers)).encode())
        except OSError as error:
            self._state_fault.begins(str(error))
        else:
            self._state_fault.ends()

    def _write_folder(self, folder: Path, window: Window) -> None:
        """What the playlist names is there before the playlist, and goes some time after it."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._remove_old(folder, window)  # first: the disk may be full
            for name in window.files.keys() - {path.name for path in folder.iterdir()}:
                _replace(folder / name, window.files[name])
            _replace(folder / PLAYLIST, window.playlist)
        except OSError as error:
            self._folder_fault.begins(str(error))
        else:
            self._folder_fault.ends()

    def _remove_old(self, folder: Path, window: Window) -> None:
        """Files of an earlier broadcast stay as long as our own do."""
        oldest = self._now() - window.seconds
        for path in (*folder.glob("*-*.m4s*"), *folder.glob("init-*.mp4*")):
            if path.name not in window.files and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


def _read(state: Path, now: Callable[[], float]) -> Numbers:
    """The numbers to go on from.

    Where nobody knows them, segments count from the seconds since 1970: more than any broadcast so
    far has counted, for a segment lasts about a second at least. Discontinuities do not, since
    hls.js keeps an array as long as their number.
    """
    try:
        return Numbers(**{key: int(n) for key, n in json.loads(state.read_bytes()).items()})
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, AttributeError) as error:
        logger.warning("%s cannot be read, HLS counts from the time of day: %s", state, error)
    return Numbers(int(now()), 0)


def _replace(path: Path, data: bytes) -> None:
    """Whoever reads the file finds the old one or the new one, whole."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)
