"""What the room keeps over a restart: a line of JSON, written by a thread of its own.

A disk that is slow, full or gone holds up nobody. What it had no time for is not written late:
only the newest is.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage.fault import Fault

PATIENCE_SECONDS = 2.0  # with a disk that hangs, at the end

logger = logging.getLogger(__name__)


class RoomFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._fault = Fault(f"{path} cannot be written: a restart will not know the room's volume")
        self._newest: Mapping[str, Any] | None = None
        self._closing = False
        self._changed = threading.Condition()  # guards the two above
        self._thread = threading.Thread(target=self._run, name="room-file", daemon=True)

    def read(self) -> dict[str, Any]:
        """What was kept last; nothing where that cannot be known."""
        try:
            kept = json.loads(self._path.read_bytes())
            return {"muted": bool(kept["muted"]), "volume": min(1.0, max(0.0, kept["volume"]))}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError) as error:
            logger.warning("%s is not read, the room is as the settings say: %s", self._path, error)
            return {}

    def keep(self, kept: Mapping[str, Any]) -> None:
        """Have it written soon. Never waits."""
        with self._changed:
            self._newest = kept
            self._changed.notify()
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._newest is not None or self._closing)
                newest, self._newest = self._newest, None
            if newest is None:
                return
            self._write(json.dumps(newest) + "\n")

    def _write(self, text: str) -> None:
        try:
            partial = self._path.with_name(self._path.name + ".partial")
            with partial.open("w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())  # else a power cut may leave an empty one in its place
            partial.replace(self._path)
        except OSError as error:
            self._fault.begins(str(error))
        else:
            self._fault.ends()
