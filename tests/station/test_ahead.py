"""Sound is made ahead of the clock: as little as the machine allows, for changes wait behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from station.ahead import CALM_BLOCKS, LATE_SECONDS, MOST, Ahead
from tests.station.fakes import FakeTime


class Machine:
    """Makes blocks, numbered, and takes some seconds for each."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.takes: Callable[[int], float] = lambda block: 0.0
        self.made: list[bool] = []  # whether it was told that it is the last
        self.ahead = Ahead(self._make, self.time.now)

    def _make(self, last: bool) -> asyncio.Future[int]:
        self.made.append(last)
        return asyncio.ensure_future(self._work(len(self.made) - 1))

    async def _work(self, block: int) -> int:
        self.time.advance(self.takes(block))
        return block


async def test_blocks_come_in_order_and_one_is_made_ahead() -> None:
    machine = Machine()
    assert [await machine.ahead.next() for _ in range(5)] == [0, 1, 2, 3, 4]
    assert len(machine.made) == 6


async def test_after_a_late_block_more_are_made_ahead_but_not_ever_more() -> None:
    machine = Machine()
    machine.takes = lambda block: 2 * LATE_SECONDS
    assert [await machine.ahead.next() for _ in range(9)] == list(range(9))
    assert len(machine.made) == 9 + MOST


async def test_once_it_was_calm_for_long_a_change_is_heard_as_soon_as_before() -> None:
    machine = Machine()
    machine.takes = lambda block: 2 * LATE_SECONDS if block == 0 else 0.0
    await machine.ahead.next()
    assert machine.ahead.blocks == 2
    for _ in range(2 * CALM_BLOCKS):
        await machine.ahead.next()
    assert machine.ahead.blocks == 1
    assert await machine.ahead.next() == 2 * CALM_BLOCKS + 1


async def test_the_last_block_is_made_once_and_comes_after_all_others() -> None:
    machine = Machine()
    machine.takes = lambda block: 2 * LATE_SECONDS
    heard = [await machine.ahead.next() for _ in range(4)]
    heard += await machine.ahead.rest()
    assert heard == list(range(len(heard)))
    assert machine.made == [False] * (len(heard) - 1) + [True]
