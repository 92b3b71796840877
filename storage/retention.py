"""What is not kept for ever: listening hours and events. Pieces and airings are never removed."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage import tables
from storage.database import Database


def prune(database: Database, keep_samples_days: int | None, now: datetime) -> int:
    """Remove listening hours and events older than so many days; None keeps them all.

    Returns:
        How many rows went.

    Raises:
        DatabaseError: nothing was removed.
    """
    if keep_samples_days is None:
        return 0
    oldest = now - timedelta(days=keep_samples_days)
    with database.writing() as connection:
        return sum(
            connection.execute(table.delete().where(table.c.at < oldest)).rowcount
            for table in (tables.listening_hours, tables.events)
        )
