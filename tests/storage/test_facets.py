"""What there is to choose from."""

from __future__ import annotations

from dataclasses import replace

from generators.recipe import identified
from storage.database import Database
from storage.facets import MOST_NAMES, facets
from storage.writing import store
from tests.pieces import make_piece


def test_each_name_is_there_once_by_alphabet(database: Database) -> None:
    with database.writing() as connection:
        for seed in range(12):
            piece = replace(make_piece(seed=seed), show=("b", "a", "c d")[seed % 3], model="m")
            store(connection, identified(piece))
    found = facets(database)
    assert (found.shows, found.models, found.stations) == (("a", "b", "c d"), ("m",), ())
    assert (found.keys, found.origins) == (("C major",), ("sampled",))


def test_a_list_that_would_not_end_is_cut(database: Database) -> None:
    with database.writing() as connection:
        for seed in range(MOST_NAMES + 5):
            store(connection, identified(replace(make_piece(seed=1), show=f"show {seed:03}")))
    assert len(facets(database).shows) == MOST_NAMES
