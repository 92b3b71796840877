"""What pieces are found by, in a narrow table of its own; the rows of pieces stay as they are.

A million pieces take some minutes, in which the station is on air and its journal waits.
"""

import json
import logging
import zlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0005"
down_revision = "0004"

BATCH_ROWS = 2_000
TOLD_ROWS = 100_000  # a line in the log for so many
STEPS_PER_BAR = 16

logger = logging.getLogger(__name__)


def upgrade() -> None:
    catalogue = op.create_table(
        "catalogue",
        sa.Column("dated", UtcDateTime, primary_key=True),
        sa.Column("piece_id", sa.String(20), sa.ForeignKey("pieces.id"), primary_key=True),
        sa.Column("station", sa.Text),
        sa.Column("show", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("tempo_qpm", sa.Double, nullable=False),
        sa.Column("density", sa.Double, nullable=False),
        sa.Column("score", sa.Double),
        sqlite_with_rowid=False,
    )
    done = 0
    for rows in _batches(op.get_bind()):
        op.bulk_insert(catalogue, rows)
        done += len(rows)
        if done % TOLD_ROWS < BATCH_ROWS:
            logger.info("catalogue: %d pieces so far", done)
    # Once it is full: much faster than row by row.
    op.create_index("catalogue_by_piece", "catalogue", ["piece_id"], unique=True)
    for column in ("station", "show", "key", "origin", "model"):
        op.create_index(f"catalogue_by_{column}", "catalogue", [column, "dated", "piece_id"])
    op.create_index("pieces_by_time", "pieces", ["created"])


def _batches(connection: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    pieces = sa.table(
        "pieces",
        *map(sa.column, ("id", "show", "key", "origin", "model", "tempo_qpm")),
        *map(sa.column, ("steps", "score", "verdict_total")),
        sa.column("created", UtcDateTime),
    )
    airings = sa.table(
        "airings",
        *map(sa.column, ("piece_id", "station")),
        sa.column("aired_at", UtcDateTime),
    )
    every_piece = sa.select(pieces).execution_options(yield_per=BATCH_ROWS)
    for batch in connection.execute(every_piece).mappings().partitions():
        ids = [piece["id"] for piece in batch]
        aired = sa.select(airings).where(airings.c.piece_id.in_(ids))
        last_first = connection.execute(aired.order_by(airings.c.aired_at.desc()))
        first = {row.piece_id: row for row in last_first}
        yield [_entry(piece, first.get(piece["id"])) for piece in batch]


def _entry(piece: sa.RowMapping, first: sa.Row[Any] | None) -> dict[str, Any]:
    return {
        "piece_id": piece["id"],
        "dated": piece["created"] if first is None else first.aired_at,
        "station": None if first is None else first.station,
        **{name: piece[name] for name in ("show", "key", "origin", "model", "tempo_qpm")},
        "density": _notes(piece["score"]) / (piece["steps"] / STEPS_PER_BAR),
        "score": piece["verdict_total"],
    }


def _notes(score: bytes) -> int:
    """In the packing there was then: compact JSON under zlib, each part by column."""
    try:
        *parts, _ = json.loads(zlib.decompress(score))
        return sum(len(columns[0]) for columns in parts if columns)
    except (ValueError, TypeError, LookupError, zlib.error):
        return 0  # a damaged piece is left out of lists, whatever it is found by
