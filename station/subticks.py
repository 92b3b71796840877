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
# Listeners, some 8 ms of work: up to there all are served at once. Twice as many in a slot cost a
# tenth less each, and let whoever joins wait for 150 ms in place of 20 (bench/fanout.py).
FULL = 500

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
        self._due: dict[int, Timer] = {}  # slots that this tick has still to serve
        self._serve: Callable[[Sequence[T]], None]

    def __len__(self) -> int:
        return sum(map(len, self._slots))

    def __iter__(self) -> Iterator[T]:
        for slot in self._slots:
            yield from tuple(slot)

    def add(self, one: T) -> None:
        done = [slot for number, slot in enumerate(self._slots) if number not in self._due]
        with_room = (slot for slot in done if len(slot) < FULL)
        (next(with_room, None) or min(done, key=len)).add(one)

    def discard(self, one: T) -> None:
        for slot in self._slots:
            slot.discard(one)

    def clear(self) -> None:
        for slot in self._slots:
            slot.clear()

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

    def _serve_slot(self, number: int) -> None:
        del self._due[number]
        self._serve(tuple(self._slots[number]))
