"""What listeners said of pieces: sums of what each of them changed.

As in `storage.queries`: milliseconds of a thread, and a DatabaseError when there is no database.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from generators.music import Piece
from storage import tables
from storage.database import Database
from storage.queries import readable

CHARTS = 1_000  # pieces that may be among the best liked
IDS_AT_ONCE = 1_000  # SQLite takes 32,766 values in a statement


@dataclass(frozen=True, slots=True)
class Ratings:
    """How many like a piece, and how many do not."""

    likes: int = 0
    dislikes: int = 0


@dataclass(frozen=True, slots=True)
class RatedPiece:
    piece: Piece
    ratings: Ratings


_LIKES = sa.func.sum(tables.ratings.c.likes)
_DISLIKES = sa.func.sum(tables.ratings.c.dislikes)


def counts_of(database: Database, piece_ids: Collection[str]) -> dict[str, Ratings]:
    """Of each of the pieces, those nobody rated with them."""
    table = tables.ratings
    found = dict.fromkeys(piece_ids, Ratings())
    wanted = list(found)
    with database.reading() as connection:
        for start in range(0, len(wanted), IDS_AT_ONCE):
            some = wanted[start : start + IDS_AT_ONCE]
            query = sa.select(table.c.piece_id, _LIKES, _DISLIKES).where(table.c.piece_id.in_(some))
            for piece_id, likes, dislikes in connection.execute(query.group_by(table.c.piece_id)):
                found[piece_id] = Ratings(int(likes), int(dislikes))
    return found


def liked(database: Database, weights_sha256: str, since: datetime, limit: int) -> list[RatedPiece]:
    """Sampled pieces of one model that more like than do not, by what was said since then.

    Those with the largest majority come first. It looks at no more pieces than CHARTS, whoever
    made them. A damaged one is left out.
    """
    said, pieces = tables.ratings, tables.pieces
    majority = sa.func.sum(said.c.likes - said.c.dislikes)
    charts = sa.select(said.c.piece_id, _LIKES, _DISLIKES).where(said.c.hour >= since)
    charts = charts.group_by(said.c.piece_id).having(majority > 0)
    charts = charts.order_by(majority.desc(), said.c.piece_id).limit(CHARTS)
    with database.reading() as connection:
        ratings = {
            piece_id: Ratings(max(0, int(likes)), max(0, int(dislikes)))
            for piece_id, likes, dislikes in connection.execute(charts)
        }
        query = sa.select(pieces.c.id).where(
            pieces.c.id.in_(ratings),
            pieces.c.weights_sha256 == weights_sha256,
            pieces.c.origin == "sampled",
        )
        ours = set(connection.execute(query).scalars())
        best = [piece_id for piece_id in ratings if piece_id in ours][:limit]
        found = sa.select(pieces).where(pieces.c.id.in_(best))
        by_id = {row["id"]: dict(row) for row in connection.execute(found).mappings()}
    in_order = (by_id[piece_id] for piece_id in best)
    return [RatedPiece(piece, ratings[piece.id]) for _, piece in readable(in_order, verify=True)]
