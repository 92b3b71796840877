"""A fault that lasts: logged when it begins, logged when it ends, and not in between."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)


class Fault:
    def __init__(self, what: str) -> None:
        self.what = what
        self.reason: str | None = None  # None while all is well

    def begins(self, reason: str) -> None:
        if self.reason is None:
            logger.error("%s: %s", self.what, reason)
        self.reason = reason

    def ends(self) -> None:
        if self.reason is not None:
            logger.info("%s: works again", self.what)
        self.reason = None
