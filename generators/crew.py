"""A few threads that decode side by side, each on one core.

One core a block of rows, not all cores a product: where a core is also busy elsewhere, a product
that is spread over cores waits at its end for the slowest, hundreds of times a bar. Measured with
another process on one of two cores: 4 to 12 times slower than one core alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import torch

Hands = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]  # as `map`, in order


@contextmanager
def crew(threads: int) -> Iterator[Hands]:
    """A `map` with so many threads, for as long as the context lasts; one is the caller's own."""
    before = torch.get_num_threads()
    try:
        if threads == 1:
            torch.set_num_threads(1)
            yield map
        else:
            # torch keeps a number for each thread, and one for those that come later.
            with ThreadPoolExecutor(
                threads, "sampler", initializer=torch.set_num_threads, initargs=(1,)
            ) as pool:
                yield pool.map
    finally:
        torch.set_num_threads(before)
