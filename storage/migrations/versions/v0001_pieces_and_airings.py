"""Pieces, broadcasts, airings, listener counts and events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "pieces",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("tempo_qpm", sa.Double, nullable=False),
        sa.Column("tempo_end_qpm", sa.Double, nullable=False),
        sa.Column("show", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("temperature", sa.Double, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("weights_sha256", sa.Text, nullable=False),
        sa.Column("created", time, nullable=False),
        sa.Column("steps", sa.Integer, nullable=False),
        sa.Column("instruments", sa.JSON, nullable=False),
        sa.Column("parents", sa.JSON, nullable=False),
        sa.Column("score", sa.LargeBinary, nullable=False),
        sa.Column("latents", sa.LargeBinary, nullable=False),
        sa.Column("latent_count", sa.Integer, nullable=False),
    )
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("started_at", time, nullable=False),
    )
    op.create_table(
        "airings",
        sa.Column("broadcast_id", sa.Text, sa.ForeignKey("broadcasts.id"), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("piece_id", sa.String(20), sa.ForeignKey("pieces.id"), nullable=False),
        sa.Column("aired_at", time, nullable=False),
        sa.Column("replayed", sa.Boolean, nullable=False),
    )
    op.create_index("airings_by_station", "airings", ["station", "aired_at"])
    op.create_index("airings_by_piece", "airings", ["piece_id", "station", "aired_at"])
    op.create_table(
        "listener_counts",
        sa.Column("station", sa.Text, primary_key=True),
        sa.Column("at", time, primary_key=True),
        sa.Column("mount", sa.Text, primary_key=True),
        sa.Column("current", sa.Integer, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    op.create_index("events_by_station", "events", ["station", "at"])
