"""Listening by mount and hour, in place of a count a minute."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0004"
down_revision = "0003"

COUNTED = "before revision 0004"  # the broadcast, which those counts did not name


def upgrade() -> None:
    hours = op.create_table(
        "listening_hours",
        sa.Column("broadcast_id", sa.Text, primary_key=True),
        sa.Column("station", sa.Text, primary_key=True),
        sa.Column("mount", sa.Text, primary_key=True),
        sa.Column("hour", UtcDateTime, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("current", sa.Integer, nullable=False),
        sa.Column("peak", sa.Integer, nullable=False),
        sa.Column("unique_listeners", sa.Integer, nullable=False),
        sa.Column("sessions", sa.Integer, nullable=False),
        sa.Column("listening_seconds", sa.Double, nullable=False),
    )
    op.create_index("listening_hours_by_station", "listening_hours", ["station", "hour"])
    if rows := _hours_of(op.get_bind()):
        op.bulk_insert(hours, rows)
    op.drop_table("listener_counts")


def _hours_of(connection: sa.Connection) -> list[dict[str, Any]]:
    """Of the counts there were: one a minute, so each stands for a minute of listening."""
    counts = sa.table(
        "listener_counts",
        sa.column("station", sa.Text),
        sa.column("mount", sa.Text),
        sa.column("at", UtcDateTime),
        sa.column("current", sa.Integer),
    )
    rows: dict[object, dict[str, Any]] = {}
    heard = sa.select(counts).where(counts.c.current > 0).order_by(counts.c.at)
    for station, mount, at, current in connection.execute(heard):
        hour = at.replace(minute=0, second=0, microsecond=0)
        row = rows.setdefault(
            (station, mount, hour),
            {
                "broadcast_id": COUNTED,
                "station": station,
                "mount": mount,
                "hour": hour,
                "peak": 0,
                "unique_listeners": 0,  # nobody was told apart then
                "sessions": 0,
                "listening_seconds": 0.0,
            },
        )
        row["at"], row["current"] = at, current
        row["peak"] = max(row["peak"], current)
        row["listening_seconds"] += 60.0 * current
    return list(rows.values())
