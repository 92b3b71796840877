"""The values that storage keeps beside the pieces: what was on air, when, and who listened.

Positions are frames of sound at 48 kHz since the broadcast began. Times are UTC.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from generators.music import Piece, Summary

FRAMES_A_SECOND = 48_000


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One run of one station, from the start of the server to its end."""

    id: str
    station: str
    started_at: datetime  # UTC

    def __post_init__(self) -> None:
        _check_utc(self.started_at)


@dataclass(frozen=True, slots=True)
class Airing:
    """A piece began to sound. A broadcast has at most one airing at a position."""

    broadcast_id: str
    station: str
    position: int  # frames since the broadcast began
    piece_id: str
    aired_at: datetime  # UTC
    replayed: bool = False  # the piece was on air before; storage sets it

    def __post_init__(self) -> None:
        _check_utc(self.aired_at)
        if self.position < 0:
            raise ValueError(f"a position counts from 0, not {self.position}")


@dataclass(frozen=True, slots=True)
class Join:
    """How good the way to a piece was; docs/joins.md says what each figure means.

    It hangs on the airing at its position: that of the bridge, or of the piece where there was
    none. It is known some seconds after the piece began.
    """

    broadcast_id: str
    station: str
    position: int  # frames since the broadcast began
    gap_frames: int  # the longest silence at its bar lines
    grid_error_ms: float
    step_ratio: float  # the median step from bar to bar, over that inside the pieces
    worst_ratio: float  # the largest, over the 95th percentile inside them
    clash: float  # share of the bridge that is dissonant, 0..1
    loudness_step_lu: float  # above 0 is louder

    def __post_init__(self) -> None:
        figures = (self.grid_error_ms, self.step_ratio, self.worst_ratio, self.clash)
        if not all(map(math.isfinite, (*figures, self.loudness_step_lu))):
            raise ValueError(f"the figures of a join are finite: {self}")


@dataclass(frozen=True, slots=True)
class AiredPiece:
    """An airing with the piece that was heard."""

    airing: Airing
    piece: Piece

    def __post_init__(self) -> None:
        if self.airing.piece_id != self.piece.id:
            raise ValueError(f"airing of {self.airing.piece_id} given piece {self.piece.id}")


@dataclass(frozen=True, slots=True)
class LoggedPiece:
    """A line of the log: an airing, what was heard, and how good the way to it was."""

    airing: Airing
    piece: Summary
    join: Join | None  # None until it is known


@dataclass(frozen=True, slots=True)
class ListeningHour:
    """How one mount was heard in one hour of the day, as far as that has come.

    The key is (broadcast, station, mount, hour): what is told later takes the place of what was
    told before. docs/listeners.md says what the figures count.
    """

    broadcast_id: str
    station: str
    mount: str
    hour: datetime  # UTC, when it began
    at: datetime  # UTC, when this was counted
    current: int  # listeners at that time
    peak: int  # the most at once
    unique_listeners: int  # of those who heard a minute
    sessions: int  # begun in the hour
    listening_seconds: float  # of all of them together

    def __post_init__(self) -> None:
        _check_hour(self.hour)
        _check_utc(self.at)
        counts = (self.current, self.peak, self.unique_listeners, self.sessions)
        if min(counts) < 0 or not 0 <= self.listening_seconds < math.inf:
            raise ValueError(f"listening is counted from 0: {self}")


@dataclass(frozen=True, slots=True)
class StationEvent:
    """Something an operator may ask about later: a skip, a lost generator, a show that began."""

    station: str
    at: datetime  # UTC
    kind: str
    detail: dict[str, Any]  # whatever JSON can hold

    def __post_init__(self) -> None:
        _check_utc(self.at)


@dataclass(frozen=True, slots=True)
class Rating:
    """How one listener changed the counts of a piece, and nothing about who.

    A like is (1, 0). Taken back it is (-1, 0), and turned into a dislike (-1, 1): a record of its
    own each time, so that the sum of all is what holds now.
    """

    id: str  # 20 hex digits, drawn at random: two listeners may do the same in the same hour
    piece_id: str
    hour: datetime  # UTC, the hour it was in
    likes: int  # -1, 0 or 1 more
    dislikes: int  # the same

    def __post_init__(self) -> None:
        _check_hour(self.hour)
        if not {self.likes, self.dislikes} <= {-1, 0, 1} or self.likes == self.dislikes:
            raise ValueError(f"one listener changes a count by one: {self}")


# An airing by itself is one whose piece is in the archive already.
Record = Piece | AiredPiece | Airing | Broadcast | Join | ListeningHour | StationEvent | Rating


def _check_utc(time: datetime) -> None:
    if time.utcoffset() != timedelta(0):
        raise ValueError(f"times are kept in UTC, not {time.isoformat()}")


def _check_hour(hour: datetime) -> None:
    _check_utc(hour)
    if hour.replace(minute=0, second=0, microsecond=0) != hour:
        raise ValueError(f"an hour begins on the hour, not at {hour.isoformat()}")
