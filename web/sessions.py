"""Where each web listener's bytes began, so that its page can draw what it hears.

A page asks for the stream with a key of its own making and then asks where that began. Nothing
about the listener is kept, and only the newest keys are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_SESSIONS = 20_000
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True, slots=True)
class Session:
    position: int  # of the first sound the listener's bytes decode to
    format: str
    station: str


class Sessions:
    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}  # oldest first

    def begin(self, key: str, session: Session) -> None:
        self._sessions.pop(key, None)
        self._sessions[key] = session
        if len(self._sessions) > MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]

    def get(self, key: str) -> Session | None:
        return self._sessions.get(key)
