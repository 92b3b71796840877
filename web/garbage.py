"""Python's garbage collector, kept from holding the event loop.

A full collection looks at every object there is. A listener is some fifty of them, so with ten
thousand listeners it takes a fifth of a second, and by default it comes whenever the heap has
grown by a quarter: often while many join. What is garbage at once, is freed at once in any case;
only cycles wait for the collector, and we make few.
"""

from __future__ import annotations

import gc

# New objects until the young are looked through, young collections until the middle-aged are,
# and those until everything is: half a million more than were freed, some 50 MB.
THRESHOLDS = (1_000, 10, 50)


def collect_rarely() -> None:
    """Once everything that lives as long as the process is there: never look at that again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
