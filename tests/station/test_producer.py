"""What goes on the shelf, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from generators.sampler import Sampler
from generators.weights import ModelFolder
from station.generator import Choice, Plan
from station.producer import Producer
from station.settings import GeneratorSettings, Settings
from tests.pieces import make_piece
from tests.station.fakes import MIDNIGHT, InProcess


class Slow(InProcess):
    """Something happens while it works."""

    meanwhile: Callable[[], object]

    async def choose(
        self, plans: list[Plan], recent: np.ndarray, wish: Mapping[str, float] | None = None
    ) -> Choice:
        choice = await super().choose(plans, recent, wish)
        self.meanwhile()
        return choice


@pytest.fixture
def slow(sampler: Sampler, model_folder: ModelFolder) -> Slow:
    return Slow(sampler, model_folder)


@pytest.fixture
def producer(slow: Slow) -> Producer:
    settings = Settings(generator=GeneratorSettings(candidates=1, shelf_minutes=0.5))
    producer = Producer(
        settings, "main", slow, None, seed=1, steady=True, utc=lambda: MIDNIGHT, now=lambda: 0.0
    )
    slow.meanwhile = producer.shelf.take
    return producer


async def test_a_station_that_composes_more_slowly_than_patterns_end_gets_its_piece(
    producer: Producer,
) -> None:
    await producer.top_up()
    assert [piece.origin for piece in producer.shelf.pieces] == ["sampled"]


async def test_a_bridge_from_a_piece_that_was_not_the_last_is_left_out(
    producer: Producer, slow: Slow
) -> None:
    slow.meanwhile = lambda: None
    await producer.top_up()
    producer.shelf.take()
    producer.shelf.stock([make_piece(seed=1)])
    slow.meanwhile = producer.shelf.take  # the archive plays, and the bridge leads from before it
    await producer.top_up()
    assert [piece.origin for piece in producer.shelf.pieces] == ["sampled"]
