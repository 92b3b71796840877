"""The station's one clock: absolute deadlines, so it never drifts."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

logger = logging.getLogger(__name__)

MAX_LAG_SECONDS = 5.0


async def ticks(
    block_seconds: float,
    *,
    max_lag_seconds: float = MAX_LAG_SECONDS,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    restarted: Callable[[], None] = lambda: None,
) -> AsyncIterator[int]:
    """Yield 0, 1, 2, … one number a block, paced against absolute deadlines.

    Late by less than `max_lag_seconds`, it catches up by not sleeping. Later than that
    (the machine slept, a debugger stopped us) it starts counting from now: listeners
    would rather miss a minute than receive it all at once. `restarted` is told of it.
    """
    epoch = now()
    for block in itertools.count():
        yield block
        lag = now() - (epoch + (block + 1) * block_seconds)
        if lag > max_lag_seconds:
            logger.warning("clock was %.1f s late; starting again from now", lag)
            epoch += lag
            restarted()
        await sleep(max(0.0, -lag))
