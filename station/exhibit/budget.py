"""So many a second, and no more: what floods neither the station nor those it tells."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Budget:
    """Fills up steadily to a second's worth. Any thread may take of it."""

    def __init__(self, a_second: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._a_second = a_second
        self._now = now
        self._left = a_second
        self._since = now()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether there was one left."""
        with self._lock:
            now = self._now()
            self._left = min(self._a_second, self._left + (now - self._since) * self._a_second)
            self._since = now
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def owe(self, more: float) -> None:
        """What was taken was worth more than one: none is left until it has filled up again."""
        with self._lock:
            self._left -= more
