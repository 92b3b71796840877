"""Pieces ready to be played, in order; and what to play when there is none.

Taking from the shelf cannot fail and cannot wait. Empty, it gives an archived piece; with no
archive, one made by rule.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence

from generators.music import Piece

logger = logging.getLogger(__name__)


class Shelf:
    """The composer puts pieces on it, the player takes them off; they share no lock.

    Both ends of a deque are safe between threads.
    """

    def __init__(self, make_pattern: Callable[[], Piece]) -> None:
        """`make_pattern` must give a piece at once, whatever else is broken."""
        self._pieces: deque[Piece] = deque()
        self._archive: deque[Piece] = deque()
        self._make_pattern = make_pattern
        self._last: Piece | None = None  # promised: the newest on the shelf, or the last taken
        self.on_fallback = False  # the last piece taken was not the composer's

    @property
    def seconds(self) -> float:
        """Music ready, in seconds."""
        return sum(piece.seconds for piece in tuple(self._pieces))

    @property
    def next(self) -> Piece | None:
        """What will be taken next, if it is known yet."""
        pieces = tuple(self._pieces)
        return pieces[0] if pieces else None

    @property
    def last(self) -> Piece | None:
        """The last piece promised: what comes after it should follow from it."""
        return self._last

    def add(self, pieces: Sequence[Piece], after: Piece | None) -> bool:
        """Put pieces on the shelf if `after` is still the last one promised."""
        if after is not self._last:
            return False
        self._pieces.extend(pieces)
        self._last = pieces[-1]
        return True

    def trim(self) -> None:
        """Take back all that nobody was promised: a new show or new controls want other music.

        The next piece stays, with the bridge that leads to it.
        """
        pieces = tuple(self._pieces)
        keep = next((i + 1 for i, p in enumerate(pieces) if p.origin != "bridge"), len(pieces))
        for _ in pieces[keep:]:
            self._pieces.pop()
        if pieces:
            self._last = pieces[keep - 1]

    def stock(self, archive: Sequence[Piece]) -> None:
        """Replace the archived pieces that stand by."""
        self._archive = deque(archive)

    def take(self) -> Piece:
        """The next piece to play."""
        try:
            piece = self._pieces.popleft()
            self._note_fallback("")
            return piece
        except IndexError:
            pass
        try:
            piece = self._archive.popleft()
            self._archive.append(piece)
            self._note_fallback("an archived piece")
        except IndexError:
            piece = self._make_pattern()
            self._note_fallback("a pattern")
        self._last = piece
        return piece

    def _note_fallback(self, source: str) -> None:
        if bool(source) != self.on_fallback:
            if source:
                logger.warning("the shelf is empty: playing %s", source)
            else:
                logger.info("the shelf is filled again")
        self.on_fallback = bool(source)
