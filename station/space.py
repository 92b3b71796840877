"""Room on the disk that holds our state, and what is given up as it runs short.

First no more files are made for listeners, then their listening is not written down, nor is the
access log. Airings are written to the last byte, and wait in memory after it
(`storage/linefile.py`). Sound needs no disk.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from storage.fault import Fault
from storage.room import KEEP_FREE_BYTES, KEEP_FREE_SHARE

MIB = 1024 * 1024
# Less than so many bytes free, or than this share of a small disk; for exports, see storage.room.
SAMPLES_BYTES, SAMPLES_SHARE = 128 * MIB, 0.025
AGAIN = 1.1  # times as much must be free before it is enough again: else it would come and go

Measure = Callable[[Path], tuple[int, int, int]]  # bytes in all, used and free


class Space:
    """The disk of one folder: one thread looks, and any may ask what it saw."""

    def __init__(self, folder: Path, measure: Measure = shutil.disk_usage) -> None:
        self.free_bytes: int | None = None  # until somebody has looked
        self._folder = folder
        self._measure = measure
        self._exports = Fault("no files are made for listeners")
        self._samples = Fault("listening and the access log are not written")

    def look(self) -> None:
        """It may take as long as the disk does: call it outside the event loop."""
        try:
            total, _, free = self._measure(self._folder)
        except OSError:  # gone: who writes there says so
            return
        self.free_bytes = free
        _settle(self._exports, free, min(KEEP_FREE_BYTES, KEEP_FREE_SHARE * total))
        _settle(self._samples, free, min(SAMPLES_BYTES, SAMPLES_SHARE * total))

    def allows_exports(self) -> str | None:
        """Why no file may be made now; None when it may."""
        return self._exports.reason

    def allows_samples(self) -> str | None:
        """Why neither listening nor requests may be written down now; None when they may."""
        return self._samples.reason

    @property
    def note(self) -> str | None:
        """For anybody who listens; None when there is room."""
        if self._samples.reason:
            return "The disk is full but for what the log needs: nothing else is written."
        if self._exports.reason:
            return "The disk is nearly full: there are no downloads until there is room."
        return None


def _settle(fault: Fault, free_bytes: int, enough_bytes: float) -> None:
    if free_bytes < enough_bytes * (AGAIN if fault.reason else 1):
        fault.begins(
            f"the disk is nearly full, {free_bytes // MIB} MiB are free and "
            f"{enough_bytes / MIB:.0f} are kept for the log of what was aired"
        )
    else:
        fault.ends()
