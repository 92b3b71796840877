"""The tables. A change here needs a revision in `storage/migrations/versions/`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC, aware on the way in and out. SQLite itself forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

pieces = Table(
    "pieces",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("title", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("tempo_qpm", Double, nullable=False),
    Column("tempo_end_qpm", Double, nullable=False),
    Column("show", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("temperature", Double, nullable=False),
    Column("model", Text, nullable=False),
    Column("weights_sha256", Text, nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("instruments", JSON, nullable=False),  # see recipe.instruments_to_dict
    Column("parents", JSON, nullable=False),  # ids
    Column("score", LargeBinary, nullable=False),  # notes and bars: see storage.rows
    Column("latents", LargeBinary, nullable=False),  # float32, little-endian, row by row
    Column("latent_count", Integer, nullable=False),  # rows in `latents`
    Column("leaving", JSON(none_as_null=True)),  # a bridge's: the instruments that fade
    Column("humanize_percent", Integer, nullable=False, server_default="0"),
    Column("groove_sha256", Text, nullable=False, server_default=""),
    Column("composer", Text, nullable=False, server_default=""),
    Column("verdict_total", Double),  # 0..1; null, as the next two, where nothing was chosen
    Column("candidates", Integer),  # sampled for its place, itself with them
    Column("verdict", JSON(none_as_null=True)),  # its terms, and why others were rejected
    Index("pieces_by_time", "created"),
)

# What pieces are found by, in rows so narrow that tens of thousands may be looked at for a page:
# see storage.search. On SQLite the table is its first index, newest last.
catalogue = Table(
    "catalogue",
    metadata,
    Column("dated", UtcDateTime, primary_key=True),  # first on air, or made where it never was
    Column("piece_id", String(20), ForeignKey("pieces.id"), primary_key=True),
    Column("station", Text),  # where it was on air first; null where it never was
    Column("show", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("tempo_qpm", Double, nullable=False),  # at its first step
    Column("density", Double, nullable=False),  # notes a bar, of all parts
    Column("score", Double),  # of the critic, 0..1; null where nothing was chosen
    Index("catalogue_by_piece", "piece_id", unique=True),
    Index("catalogue_by_station", "station", "dated"),
    Index("catalogue_by_show", "show", "dated"),
    Index("catalogue_by_key", "key", "dated"),
    Index("catalogue_by_origin", "origin", "dated"),
    Index("catalogue_by_model", "model", "dated"),
    sqlite_with_rowid=False,
)

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("station", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
)

airings = Table(
    "airings",
    metadata,
    Column("broadcast_id", ForeignKey("broadcasts.id"), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),  # frames at 48 kHz
    Column("station", Text, nullable=False),  # again, so that history needs one index
    Column("piece_id", ForeignKey("pieces.id"), nullable=False),
    Column("aired_at", UtcDateTime, nullable=False),
    Column("replayed", Boolean, nullable=False),
    Index("airings_by_station", "station", "aired_at"),
    Index("airings_by_piece", "piece_id"),
)

joins = Table(
    "joins",
    metadata,
    # Of an airing, but no foreign key: the database may be newer than what was on air.
    Column("broadcast_id", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),  # frames at 48 kHz
    Column("station", Text, nullable=False),
    Column("gap_frames", Integer, nullable=False),
    Column("grid_error_ms", Double, nullable=False),
    Column("step_ratio", Double, nullable=False),
    Column("worst_ratio", Double, nullable=False),
    Column("clash", Double, nullable=False),
    Column("loudness_step_lu", Double, nullable=False),
)

listening_hours = Table(
    "listening_hours",
    metadata,
    Column("broadcast_id", Text, primary_key=True),
    Column("station", Text, primary_key=True),
    Column("mount", Text, primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("current", Integer, nullable=False),
    Column("peak", Integer, nullable=False),
    Column("unique_listeners", Integer, nullable=False),
    Column("sessions", Integer, nullable=False),
    Column("listening_seconds", Double, nullable=False),
    Index("listening_hours_by_station", "station", "hour"),
)

ratings = Table(
    "ratings",
    metadata,
    Column("id", String(20), primary_key=True),
    # No foreign key: the database may be newer than what was on air.
    Column("piece_id", String(20), nullable=False),
    Column("hour", UtcDateTime, nullable=False),
    Column("likes", Integer, nullable=False),  # -1, 0 or 1 more
    Column("dislikes", Integer, nullable=False),
    Index("ratings_by_piece", "piece_id", "likes", "dislikes"),  # all that is summed is in it
    Index("ratings_by_hour", "hour", "piece_id", "likes", "dislikes"),
)

events = Table(
    "events",
    metadata,
    Column("id", String(20), primary_key=True),  # hash of the rest: a second try adds nothing
    Column("station", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("events_by_station", "station", "at"),
)
