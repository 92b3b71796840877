"""How a piece is played (a bridge's other instruments, the groove of its drums), and joins."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for column in (
        sa.Column("leaving", sa.JSON),
        sa.Column("humanize_percent", sa.Integer, nullable=False, server_default="0"),
        sa.Column("groove_sha256", sa.Text, nullable=False, server_default=""),
    ):
        op.add_column("pieces", column)
    op.create_table(
        "joins",
        sa.Column("broadcast_id", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("gap_frames", sa.Integer, nullable=False),
        sa.Column("grid_error_ms", sa.Double, nullable=False),
        sa.Column("step_ratio", sa.Double, nullable=False),
        sa.Column("worst_ratio", sa.Double, nullable=False),
        sa.Column("clash", sa.Double, nullable=False),
        sa.Column("loudness_step_lu", sa.Double, nullable=False),
    )
