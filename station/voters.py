"""Who has rated what today: so that each listener counts once a piece, and may think again.

A listener is told from another as the audience does it (station/audience.py): by hashes of address
and player, with a salt that is drawn anew each day (UTC) and is nowhere but in this object. What
is stored is how a count changed. After a restart, and on the next day, nobody is known any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b

from station.errors import CrowdedError
from station.timeline import utc_now
from storage.records import Rating

VALUES = (-1, 0, 1)  # no; nothing, or taken back; yes
MOST_REMEMBERED = 250_000  # pairs of address and piece; then the oldest is forgotten
MOST_AN_ADDRESS = 8  # players that count for one piece: a household has no more, a script has


class Voters:
    """What each listener said today. The event loop's."""

    def __init__(self, utc: Callable[[], datetime] = utc_now) -> None:
        self._utc = utc
        self._salt = secrets.token_bytes(16)
        self._day = utc().date()
        # By address and piece, those rated longest ago first: by player, what it says now.
        self._said: dict[tuple[int, str], dict[int, int]] = {}

    def said(self, address: str, player: str, piece_id: str) -> int:
        """What a listener says of a piece: one of VALUES."""
        self._begin_day()
        return self._said.get((self._digest(address), piece_id), {}).get(self._digest(player), 0)

    def say(self, address: str, player: str, piece_id: str, value: int) -> Rating | None:
        """Hear a listener; how that changes the counts, or None where it changes nothing.

        Raises:
            ValueError: the value is none of VALUES.
            CrowdedError: the address has had its say.
        """
        if value not in VALUES:
            raise ValueError(f"a rating is 1, -1, or 0 to take it back, not {value}")
        before = self.said(address, player, piece_id)
        if value == before:
            return None
        place = (self._digest(address), piece_id)
        players = self._said.pop(place, {})
        self._said[place] = players  # the newest again
        who = self._digest(player)
        if who not in players and len(players) >= MOST_AN_ADDRESS:
            raise CrowdedError(MOST_AN_ADDRESS)
        players[who] = value  # 0 as well: who takes it back makes no room for another
        while len(self._said) > MOST_REMEMBERED:
            del self._said[next(iter(self._said))]
        return Rating(
            id=secrets.token_hex(10),
            piece_id=piece_id,
            hour=self._utc().replace(minute=0, second=0, microsecond=0),
            likes=(value == 1) - (before == 1),
            dislikes=(value == -1) - (before == -1),
        )

    def _digest(self, text: str) -> int:
        seen = text.encode(errors="surrogateescape")
        return int.from_bytes(blake2b(seen, key=self._salt, digest_size=8).digest())

    def _begin_day(self) -> None:
        if (today := self._utc().date()) > self._day:
            self._day = today
            self._salt = secrets.token_bytes(16)
            self._said = {}
