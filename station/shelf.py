"""Pieces ready to be played, in order; and what to play when there is none.

Taking from the shelf cannot fail and cannot wait. Empty, it gives an archived piece; with no
archive, one made by rule.
"""

from __future__ import annotations

import logging
import pickle
from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock

from generators.music import Piece

logger = logging.getLogger(__name__)

ARCHIVE_PIECES = 40  # stand by, for when there is nothing new


class Shelf:
    """The producer puts pieces on it, the player takes them off. Any thread may call anything.

    What is on it and what was promised last change together, under a lock that nobody holds for
    longer than it takes to move a few references.
    """

    def __init__(self, make_pattern: Callable[[], Piece]) -> None:
        """`make_pattern` must give a piece at once, whatever else is broken."""
        self._pieces: deque[Piece] = deque()
        # By id, heard longest ago first; pickled, for the garbage collector, which stops everyone
        # while it looks at each note of each piece, cannot look into bytes.
        self._archive: dict[str, bytes] = {}
        self._make_pattern = make_pattern
        self._last: Piece | None = None  # promised: the newest on the shelf, or the last taken
        self._lock = Lock()
        self.on_fallback = False  # the last piece taken was not the composer's

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What will be taken, the next one first."""
        with self._lock:
            return tuple(self._pieces)

    @property
    def seconds(self) -> float:
        """Music ready, in seconds."""
        return sum(piece.seconds for piece in self.pieces)

    @property
    def next(self) -> Piece | None:
        """What will be taken next, if it is known yet."""
        return next(iter(self.pieces), None)

    @property
    def last(self) -> Piece | None:
        """The last piece promised: what comes after it should follow from it."""
        return self._last

    def add(self, pieces: Sequence[Piece], after: Piece | None) -> bool:
        """Put pieces on the shelf if `after` is still the last one promised."""
        with self._lock:
            if after is not self._last:
                return False
            self._pieces.extend(pieces)
            self._last = pieces[-1]
            return True

    def replace(self, pieces: Sequence[Piece]) -> None:
        """Take back all that is there, and promise these instead."""
        with self._lock:
            self._pieces = deque(pieces)
            self._last = pieces[-1]

    def trim(self) -> None:
        """Take back all that nobody was promised: a new show wants other music.

        The next piece stays, with the bridge that leads to it.
        """
        with self._lock:
            pieces = list(self._pieces)
            keep = next((i + 1 for i, p in enumerate(pieces) if p.origin != "bridge"), 0)
            if keep:
                self._pieces = deque(pieces[:keep])
                self._last = pieces[keep - 1]

    def drop_bridge(self) -> None:
        """Take back the bridge that comes next, if it does: nobody is where it begins."""
        with self._lock:
            while len(self._pieces) > 1 and self._pieces[0].origin == "bridge":
                self._pieces.popleft()

    @property
    def has_archive(self) -> bool:
        """Archived pieces stand by. From then on, whatever is taken joins them."""
        return bool(self._archive)

    def stock(self, archive: Sequence[Piece]) -> None:
        """Replace the archived pieces that stand by: heard longest ago first."""
        packed = {piece.id: pickle.dumps(piece) for piece in archive}
        with self._lock:
            self._archive = packed

    def take(self) -> Piece:
        """The next piece to play."""
        with self._lock:
            piece, source = self._first()
            if source:
                self._last = piece
        if self._archive and not source:
            self._keep(piece)
        self._note_fallback(source)
        return piece

    def _first(self) -> tuple[Piece, str]:
        """A piece, and what stands in for the composer's; empty when nothing does."""
        if self._pieces:
            return self._pieces.popleft(), ""
        if self._archive:
            longest_ago = next(iter(self._archive))
            packed = self._archive[longest_ago] = self._archive.pop(longest_ago)
            piece: Piece = pickle.loads(packed)
            return piece, "an archived piece"
        return self._make_pattern(), "a pattern"

    def _keep(self, piece: Piece) -> None:
        packed = pickle.dumps(piece)
        with self._lock:
            self._archive.pop(piece.id, None)
            self._archive[piece.id] = packed
            while len(self._archive) > ARCHIVE_PIECES:
                del self._archive[next(iter(self._archive))]

    def _note_fallback(self, source: str) -> None:
        if bool(source) != self.on_fallback:
            if source:
                logger.warning("the shelf is empty: playing %s", source)
            else:
                logger.info("the shelf is filled again")
        self.on_fallback = bool(source)
