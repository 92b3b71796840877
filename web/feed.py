"""What changes on a station, pushed to every page: server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

MOST_WAITING = 64  # events; a page further behind than this is let go and comes again


class Subscriber:
    """One page's events, encoded."""

    def __init__(self, cut_off: Callable[[], None]) -> None:
        """`cut_off` closes the connection, whatever waits on it."""
        self.events: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        self.closed = asyncio.Event()
        self.cut_off = cut_off


class Feed:
    """The events of one station."""

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()
        self._somebody_came = False

    def __len__(self) -> int:
        return len(self._subscribers)

    def subscribe(self, cut_off: Callable[[], None]) -> Subscriber:
        subscriber = Subscriber(cut_off)
        self._subscribers.add(subscriber)
        self._somebody_came = True
        return subscriber

    def somebody_came(self) -> bool:
        """Since this was last asked."""
        came, self._somebody_came = self._somebody_came, False
        return came

    def leave(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)

    def send(self, name: str, data: Any) -> None:
        if not self._subscribers:
            return
        event = encode_event(name, data)
        for subscriber in tuple(self._subscribers):
            try:
                subscriber.events.put_nowait(event)
            except asyncio.QueueFull:
                self._subscribers.discard(subscriber)
                subscriber.cut_off()  # too slow: the page comes again, and knows all at once

    def close(self) -> None:
        """Let every page go; it will come again."""
        for subscriber in tuple(self._subscribers):
            subscriber.closed.set()
            with contextlib.suppress(asyncio.QueueFull):
                subscriber.events.put_nowait(b"")  # wake it


class Feeds(dict[str, Feed]):
    """By station."""


def encode_event(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
