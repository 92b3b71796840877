"""Where a list goes on: the time and the id of the piece it came to, in 24 letters.

Whoever gets one keeps it as it is, and it may stand in a URL.
"""

from __future__ import annotations

import base64
import re
import struct
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = struct.Struct(">q10s")  # microseconds since 1970, and the id: 20 hex digits
_LETTERS = re.compile("[A-Za-z0-9_-]{24}")


def cursor_at(time: datetime, piece_id: str) -> str:
    place = _PLACE.pack((time - _EPOCH) // _MICROSECOND, bytes.fromhex(piece_id))
    return base64.urlsafe_b64encode(place).decode()


def place_of(cursor: str) -> tuple[datetime, str]:
    """The inverse of `cursor_at`.

    Raises:
        ValueError: nobody gave out this cursor.
    """
    try:
        if not _LETTERS.fullmatch(cursor):
            raise ValueError("it is 24 letters, digits, '-' and '_'")
        microseconds, piece_id = _PLACE.unpack(base64.urlsafe_b64decode(cursor))
        time = _EPOCH + timedelta(microseconds=microseconds)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{cursor[:40]!r} is no cursor of ours: take the one of the page before, or none"
        ) from error
    return time, piece_id.hex()
