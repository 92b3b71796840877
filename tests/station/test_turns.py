"""Whose music ends first composes first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from station.turns import Turns


async def order(turns: Turns, ready_seconds: Sequence[float]) -> list[int]:
    """Of stations with so much music each, which came in this order: who had a turn, and when."""
    had: list[int] = []

    async def compose(station: int, ready: float) -> None:
        async with turns.turn(ready):
            had.append(station)

    async with turns.turn(0):
        composing = [asyncio.create_task(compose(*each)) for each in enumerate(ready_seconds)]
        await asyncio.sleep(0)
    await asyncio.gather(*composing)
    return had


async def test_the_emptiest_shelf_is_filled_first() -> None:
    assert await order(Turns(at_once=1), [240, 0, 100, 30]) == [1, 3, 2, 0]


async def test_of_two_as_empty_the_first_to_come_goes_first() -> None:
    assert await order(Turns(at_once=1), [60, 0, 0, 0]) == [1, 2, 3, 0]


async def test_no_more_than_a_few_compose_at_once() -> None:
    turns, composing, most = Turns(at_once=2), 0, 0

    async def compose() -> None:
        nonlocal composing, most
        async with turns.turn(10):
            composing += 1
            most = max(most, composing)
            await asyncio.sleep(0)
            composing -= 1

    await asyncio.gather(*(compose() for _ in range(20)))
    assert most == 2


async def test_one_that_fails_gives_its_turn_to_the_next() -> None:
    turns = Turns(at_once=1)
    with pytest.raises(RuntimeError):
        async with turns.turn(0):
            raise RuntimeError
    assert await order(turns, [1]) == [0]


async def test_one_that_gives_up_waiting_takes_no_turn_with_it() -> None:
    turns = Turns(at_once=1)
    async with turns.turn(0):
        waiting = [asyncio.create_task(order(turns, [])) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
    assert await waiting[1] == []


async def test_one_that_gives_up_as_it_is_called_passes_its_turn_on() -> None:
    turns = Turns(at_once=1)
    async with turns.turn(0):
        waiting = [asyncio.create_task(order(turns, [])) for _ in range(2)]
        await asyncio.sleep(0)
    waiting[0].cancel()  # it was called just now, and has not heard of it
    assert await waiting[1] == []
