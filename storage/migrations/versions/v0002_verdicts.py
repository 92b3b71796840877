"""What the critic made of a piece, and of the candidates it was chosen from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for column in (
        sa.Column("verdict_total", sa.Double),
        sa.Column("candidates", sa.Integer),
        sa.Column("verdict", sa.JSON),
    ):
        op.add_column("pieces", column)
