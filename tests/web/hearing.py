"""A page's ear for server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp

PATIENCE_SECONDS = 60.0

Hear = Callable[[str], Awaitable[Any]]


@contextlib.asynccontextmanager
async def events(http: aiohttp.ClientSession) -> AsyncIterator[Hear]:
    """Gives a function that waits for the next event of a name; others are passed over."""
    async with http.get("/api/v1/events") as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")

        async def hear(wanted: str) -> Any:
            name = ""
            async with asyncio.timeout(PATIENCE_SECONDS):
                while line := (await answer.content.readline()).decode():
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ").strip()
                    elif line.startswith("data: ") and name == wanted:
                        return json.loads(line.removeprefix("data: "))
            raise AssertionError(f"the events ended before one called {wanted}")

        yield hear
