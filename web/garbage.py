"""Python's garbage collector, kept from holding the event loop.

A full collection looks at every object there is. A listener is some fifty of them, so with ten
thousand listeners it takes a third of a second, and by default it comes whenever the heap has
grown by a quarter: while many join. What is garbage at once, is freed at once in any case; only
cycles wait for the collector, and we make few. So it looks at the young by itself, and at
everything when there is little to look at; else once a day.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

# New objects until the young are looked through, young collections until the middle-aged are,
# and those until everything is: never.
THRESHOLDS = (1_000, 10, 2**30)
LOOK_SECONDS = 60.0
FEW_LISTENERS = 2_000  # some 80 ms of work: nobody hears that
LONGEST_SECONDS = 24 * 3600.0


@asynccontextmanager
async def collecting_rarely(listeners: Callable[[], int]) -> AsyncIterator[None]:
    """Inside the block, which begins when all that lives as long as the process is there."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()  # never look at that again
    gc.set_threshold(*THRESHOLDS)
    collecting = asyncio.create_task(_collect(listeners))
    try:
        yield
    finally:
        collecting.cancel()
        gc.set_threshold(*before)
        gc.unfreeze()


async def _collect(listeners: Callable[[], int]) -> None:
    collected = time.monotonic()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if listeners() <= FEW_LISTENERS or time.monotonic() - collected > LONGEST_SECONDS:
            gc.collect()
            collected = time.monotonic()
