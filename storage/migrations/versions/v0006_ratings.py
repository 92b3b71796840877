"""What listeners say of pieces; and in a piece, whose rules and arithmetic its notes come from."""

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    none = sa.Column("composer", sa.Text, nullable=False, server_default="")
    op.add_column("pieces", none)  # neither database rewrites the table for it
    op.create_table(
        "ratings",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("piece_id", sa.String(20), nullable=False),
        sa.Column("hour", UtcDateTime, nullable=False),
        sa.Column("likes", sa.Integer, nullable=False),
        sa.Column("dislikes", sa.Integer, nullable=False),
    )
    op.create_index("ratings_by_piece", "ratings", ["piece_id", "likes", "dislikes"])
    op.create_index("ratings_by_hour", "ratings", ["hour", "piece_id", "likes", "dislikes"])
