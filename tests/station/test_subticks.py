"""Sub-ticks: everyone is served once a tick, and never too many at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from station.subticks import FULL, SLOT_SECONDS, SLOTS, Subticks
from tests.station.timers import FakeTimers

BLOCK_SECONDS = 0.5


class Crowd:
    """Sub-ticks that note who was served when."""

    def __init__(self) -> None:
        self.time = FakeTimers()
        self.subticks: Subticks[int] = Subticks(self.time.later)
        self.served: dict[int, float] = {}  # when, by who; of the newest tick
        self.waits: list[float] = []  # between two servings of the same
        self.counts: Counter[int] = Counter()

    def tick(self) -> None:
        self.subticks.tick(self._serve)

    def _serve(self, slot: Sequence[int]) -> None:
        for one in slot:
            if one in self.served:
                self.waits.append(self.time.seconds - self.served[one])
            self.served[one] = self.time.seconds
            self.counts[one] += 1

    def fill(self, count: int, a_second: int) -> None:
        """They come evenly, while the ticks go on."""
        for number in range(count):
            if number % (a_second * BLOCK_SECONDS) == 0:
                self.tick()
            self.subticks.add(number)
            self.time.advance(1 / a_second)


def test_a_few_hundred_are_all_served_at_once() -> None:
    crowd = Crowd()
    for number in range(FULL):
        crowd.subticks.add(number)
    crowd.tick()
    assert len(crowd.served) == FULL
    assert set(crowd.served.values()) == {0.0}


def test_ten_thousand_are_never_served_all_at_once() -> None:
    crowd = Crowd()
    crowd.fill(10_000, a_second=500)
    crowd.tick()
    crowd.time.advance(BLOCK_SECONDS)
    crowd.served.clear()
    crowd.tick()
    crowd.time.advance(BLOCK_SECONDS)
    at_a_time = Counter(crowd.served.values())
    assert sum(at_a_time.values()) == 10_000
    assert max(at_a_time.values()) < 1_000


def test_a_listener_is_served_every_half_second() -> None:
    crowd = Crowd()
    crowd.fill(5_000, a_second=1_000)
    crowd.waits.clear()
    for _ in range(10):
        crowd.tick()
        crowd.time.advance(BLOCK_SECONDS)
    assert max(crowd.waits) < BLOCK_SECONDS + 1e-6
    assert min(crowd.waits[-5_000:]) > BLOCK_SECONDS - 1e-6


def test_who_comes_in_the_middle_of_a_tick_waits_for_the_next() -> None:
    crowd = Crowd()
    crowd.fill(4 * FULL, a_second=500)
    crowd.tick()
    crowd.time.advance(2 * SLOT_SECONDS)
    for number in range(-SLOTS, 0):
        crowd.subticks.add(number)
    crowd.time.advance(BLOCK_SECONDS)
    assert not any(number in crowd.served for number in range(-SLOTS, 0))
    crowd.subticks.tick(crowd._serve)
    crowd.time.advance(BLOCK_SECONDS)
    assert all(crowd.counts[number] == 1 for number in range(-SLOTS, 0))


def test_a_tick_that_comes_early_serves_the_rest_of_the_last_one_first() -> None:
    time, order = FakeTimers(), list[int]()
    subticks: Subticks[int] = Subticks(time.later)
    for number in range(3 * FULL):
        subticks.add(number)
    for tick in (1, 2):
        subticks.tick(partial(lambda tick, slot: order.extend([tick] * len(slot)), tick))
    time.advance(BLOCK_SECONDS)
    assert order == [1] * 3 * FULL + [2] * 3 * FULL


def test_nothing_is_left_waiting_after_the_end() -> None:
    crowd = Crowd()
    crowd.fill(3 * FULL, a_second=100_000)
    crowd.tick()
    crowd.subticks.finish()
    before = crowd.counts.copy()
    crowd.time.advance(BLOCK_SECONDS)
    assert crowd.counts == before
    assert len(crowd.served) == 3 * FULL
