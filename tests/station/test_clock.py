"""The clock: no drift, no haste after a pause."""

from __future__ import annotations

import logging

import pytest

from station.clock import ticks
from tests.station.fakes import FakeTime


async def test_the_clock_does_not_drift_in_a_day(time: FakeTime) -> None:
    async for block in ticks(0.5, now=time.now, sleep=time.sleep):
        time.advance(0.03)  # the work of a block
        if block == 172_800:
            break
    assert time.now() == pytest.approx(86_400 + 0.03, abs=1e-6)


async def test_a_slow_block_is_caught_up(time: FakeTime) -> None:
    async for block in ticks(0.5, now=time.now, sleep=time.sleep):
        time.advance(3.0 if block == 10 else 0.01)
        if block == 20:
            break
    assert time.now() == pytest.approx(10.01, abs=1e-6)


async def test_a_late_clock_starts_again_from_now(
    time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    restarts = []
    clock = ticks(
        0.5, now=time.now, sleep=time.sleep, restarted=lambda: restarts.append(time.now())
    )
    with caplog.at_level(logging.WARNING):
        async for block in clock:
            if block == 10:
                time.advance(3600)  # the machine slept
            if block == 12:
                break
    assert restarts == [3605.0]
    assert time.now() == pytest.approx(3605.5)
    assert "late; starting again from now" in caplog.text


async def test_blocks_are_counted_from_zero(time: FakeTime) -> None:
    clock = ticks(0.5, now=time.now, sleep=time.sleep)
    assert [await anext(clock) for _ in range(4)] == [0, 1, 2, 3]
    assert time.now() == 1.5
