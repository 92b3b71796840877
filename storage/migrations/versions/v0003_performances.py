"""How a piece is played: a bridge's other instruments, and the groove of its drums."""

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
