"""Listeners spread over the time between two blocks, so that no tick holds the event loop for long.

To write to ten thousand sockets takes a tenth of a second, in which nobody else gets a word in.
So listeners stand in slots, and a block goes to one slot every 25 ms. A listener keeps its slot:
it hears each block as late as the one before, and so no gap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar

SLOTS = 20
SLOT_SECONDS = 0.025  # all of them within a block of 0.5 s
FULL = 500  # listeners, some 8 ms of work
# Twice as many in a slot cost a tenth less each, and let whoever joins wait (bench/fanout.py): so
# two slots are large, a little apart, and filled first.
LARGE = {0: 999, 3: 999}
FILLED_IN_ORDER = (*LARGE, *(slot for slot in range(SLOTS) if slot not in LARGE))

T = TypeVar("T")


class Timer(Protocol):
    """What `call_later` of an event loop gives back."""

    def cancel(self) -> None: ...


Later = Callable[[float, Callable[[], None]], Timer]
"""Call this, so many seconds from now, unless it is cancelled."""


def on_the_loop(seconds: float, work: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, work)


class Subticks(Generic[T]):
    """Everyone who is to be served at each tick, in slots.

    Whoever is added belongs to the next tick: they come into a slot that this one is done with.
    """

    def __init__(self, later: Later = on_the_loop) -> None:
        self._later = later
        self._slots: tuple[set[T], ...] = tuple(set() for _ in range(SLOTS))
        self._waiting: set[T] = set()  # for a slot with room that this tick is done with
        self._due: dict[int, Timer] = {}  # slots that this tick has still to serve
        self._serve: Callable[[Sequence[T]], None]

    def __len__(self) -> int:
        return len(self._waiting) + sum(map(len, self._slots))

    def __iter__(self) -> Iterator[T]:
        for group in (*self._slots, self._waiting):
            yield from tuple(group)

    def add(self, one: T) -> None:
        done = (number for number in FILLED_IN_ORDER if number not in self._due)
        slots = (self._slots[number] for number in done if self._room(number) > 0)
        next(slots, self._waiting).add(one)

    def discard(self, one: T) -> None:
        for group in (*self._slots, self._waiting):
            group.discard(one)

    def clear(self) -> None:
        for group in (*self._slots, self._waiting):
            group.clear()

    def tick(self, serve: Callable[[Sequence[T]], None]) -> None:
        """Serve each who is here now once: the first slot at once, the others in their turn."""
        self.finish()
        self._serve = serve
        for number, slot in enumerate(self._slots[1:], 1):
            if slot:
                work = partial(self._serve_slot, number)
                self._due[number] = self._later(number * SLOT_SECONDS, work)
        serve(tuple(self._slots[0]))

    def finish(self) -> None:
        """Serve now whoever this tick has not served yet."""
        for number in tuple(self._due):
            self._due[number].cancel()
            self._serve_slot(number)
        for one in self._waiting:  # every slot is full
            min(self._slots, key=len).add(one)
        self._waiting.clear()

    def _serve_slot(self, number: int) -> None:
        del self._due[number]
        self._serve(tuple(self._slots[number]))
        for _ in range(min(self._room(number), len(self._waiting))):
            self._slots[number].add(self._waiting.pop())

    def _room(self, number: int) -> int:
        return LARGE.get(number, FULL) - len(self._slots[number])
