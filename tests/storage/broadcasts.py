"""A broadcast to test with: airings of one piece after another, 30 s each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from generators.music import Piece
from storage.records import FRAMES_A_SECOND, Airing, Join, ListeningHour

BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def airing_of(piece: Piece, number: int, *, station: str = "main", broadcast: str = "b1") -> Airing:
    """The airing that begins `number` half minutes into the broadcast."""
    return Airing(
        broadcast_id=broadcast,
        station=station,
        position=number * 30 * FRAMES_A_SECOND,
        piece_id=piece.id,
        aired_at=BEGAN + timedelta(seconds=30 * number),
    )


def join_at(number: int, *, station: str = "main", broadcast: str = "b1") -> Join:
    """How good the join at the airing of that number was."""
    return Join(
        broadcast_id=broadcast,
        station=station,
        position=number * 30 * FRAMES_A_SECOND,
        gap_frames=0,
        grid_error_ms=1.25,
        step_ratio=0.75,
        worst_ratio=0.875,
        clash=0.125,
        loudness_step_lu=-0.5,
    )


def hour_of(
    number: int = 0, *, station: str = "main", broadcast: str = "b1", seconds: float = 90.5
) -> ListeningHour:
    """How the MP3 mount was heard in the hour of that number."""
    hour = BEGAN + timedelta(hours=number)
    return ListeningHour(
        broadcast_id=broadcast,
        station=station,
        mount="mp3",
        hour=hour,
        at=hour + timedelta(seconds=seconds),
        current=1,
        peak=3,
        unique_listeners=2,
        sessions=4,
        listening_seconds=seconds,
    )
