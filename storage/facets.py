"""What there is to choose from when pieces are looked for: the stations, shows, keys and models.

Each name costs one step into an index, however many pieces bear it; so a million take no longer
than a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from storage import tables
from storage.database import Database

MOST_NAMES = 100  # of a kind; shows and models are few, unless they are renamed every day


@dataclass(frozen=True, slots=True)
class Facets:
    """Names that at least one piece bears, by alphabet."""

    stations: tuple[str, ...]
    shows: tuple[str, ...]
    keys: tuple[str, ...]
    origins: tuple[str, ...]
    models: tuple[str, ...]


def facets(database: Database) -> Facets:
    """
    Raises:
        DatabaseError: it cannot be read.
    """
    entry = tables.catalogue.c
    with database.reading() as connection:
        columns = (entry.station, entry.show, entry.key, entry.origin, entry.model)
        return Facets(*(_names(connection, column) for column in columns))


def _names(connection: sa.Connection, column: sa.Column[str]) -> tuple[str, ...]:
    """The first that is behind the last one found, again and again."""
    names: list[str] = []
    while len(names) < MOST_NAMES:
        query = sa.select(sa.func.min(column))
        name = connection.execute(query.where(column > names[-1]) if names else query).scalar_one()
        if name is None:
            break
        names.append(name)
    return tuple(names)
