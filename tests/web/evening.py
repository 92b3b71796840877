"""A house with a wall whose time is the caller's: it replays recorded pieces, an evening or a week.

To the page it is a station: the same files, addresses and events. What it says was said by a real
one; only the order, the places in time and the ids are made up.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web

from renderer.pcm import SAMPLE_RATE_HZ
from web.feed import encode_event
from web.pages import STATIC

BEGAN = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
RECENT = 4
AXES = [
    {"name": "brightness", "low": "deep", "high": "bright"},
    {"name": "energy", "low": "calm", "high": "driving"},
]
ROOM = {
    "muted": False,
    "volume": 1.0,
    "paused": False,
    "display": True,
    "open": True,
    "changes_at": None,
    "heard_delay_ms": 0.0,
}


@cache
def recorded() -> tuple[dict[str, Any], ...]:
    """Eight pieces that a station aired in a row, bridges among them, as its API told them."""
    return tuple(json.loads(Path(__file__).with_name("evening.json").read_text()))


@dataclass
class Evening:
    """Pieces as `/api/v1/now` gives them, played round and round."""

    pieces: Sequence[dict[str, Any]] = field(default_factory=recorded)
    seconds: float = 0.0  # of the broadcast that are on air
    room: dict[str, Any] = field(default_factory=lambda: dict(ROOM))
    scenes: Sequence[str] = ("sky", "roll", "walk", "score", "words")
    scene_seconds: float = 720.0
    version: str = "1"  # of the pages
    silent: bool = False  # it takes calls, and says nothing
    opened: int = 0  # pages so far
    _hearing: set[asyncio.Queue[bytes]] = field(default_factory=set)
    _ends: list[int] = field(default_factory=list)  # of the airings so far

    @property
    def position(self) -> int:
        return round(self.seconds * SAMPLE_RATE_HZ)

    def airing(self, number: int) -> dict[str, Any]:
        """The `number`th piece of the broadcast."""
        while len(self._ends) <= number:
            piece = self.pieces[len(self._ends) % len(self.pieces)]
            begins = self._ends[-1] if self._ends else 0
            self._ends.append(begins + round(piece["seconds"] * SAMPLE_RATE_HZ))
        begins = self._ends[number - 1] if number else 0
        piece = self.pieces[number % len(self.pieces)] | {"id": f"{number:020x}"}
        frames = self._ends[number] - begins
        return {"position": begins, "frames": frames, "utc": self._utc(begins), "piece": piece}

    def number_at(self, position: int) -> int:
        while not self._ends or self._ends[-1] <= position:
            self.airing(len(self._ends))
        return bisect_right(self._ends, position)

    def now(self) -> dict[str, Any]:
        number = self.number_at(self.position)
        recent = [self.airing(each) for each in range(max(0, number - RECENT), number + 1)]
        return self.clock() | {
            "station": "main",
            "title": "Latent FM",
            "listeners": 3,
            "health": "ok",
            "note": None,
            "broadcast": "evening",
            "playing": recent[-1],
            "recent": recent,
            "next": self.airing(number + 1)["piece"],
        }

    def clock(self) -> dict[str, Any]:
        utc = self._utc(self.position)
        return {"position": self.position, "utc": utc, "sent": utc}

    def tell(self, name: str, data: Any) -> None:
        for queue in () if self.silent else self._hearing:
            queue.put_nowait(encode_event(name, data))

    def pass_by(self, seconds: float) -> None:
        """Let time go by, and tell what begins meanwhile."""
        before = self.number_at(self.position)
        self.seconds += seconds
        for number in range(before, self.number_at(self.position)):
            self.tell("piece", self.airing(number + 1))
        self.tell("clock", self.clock())

    def turn(self, **changes: Any) -> None:
        """Turn the room."""
        self.room |= changes
        self.tell("room", self.room)

    def hang_up(self) -> None:
        """Cut every event stream."""
        for queue in self._hearing:
            queue.put_nowait(b"")

    def _utc(self, position: int) -> str:
        return (BEGAN + timedelta(seconds=position / SAMPLE_RATE_HZ)).isoformat()

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._hearing.add(queue)
        try:
            if not self.silent:
                await response.write(encode_event("now", self.now()))
            while event := await queue.get():
                await response.write(event)
        except ConnectionError:  # the page began anew
            pass
        finally:
            self._hearing.discard(queue)
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        station: dict[str, Any] = {
            "name": "main",
            "title": "Latent FM",
            "description": "Generative radio: new trios from latent space, without an end.",
            "streams": [],
            "hls": None,
        }
        exhibit = {"scenes": self.scenes, "scene_seconds": self.scene_seconds, "room": self.room}
        known = {
            "now": self.now(),
            "stations": [station],
            "exhibit": {"station": "main"} | exhibit,
            "map": {"axes": AXES, "pieces": []},
        }
        name = request.match_info["name"]
        if name not in known:
            raise web.HTTPNotFound
        return web.json_response(known[name])

    async def _pass(self, request: web.Request) -> web.Response:
        self.pass_by(float(request.query["seconds"]))
        return web.Response()

    async def _page(self, _: web.Request) -> web.Response:
        self.opened += 1
        policy = {"Content-Security-Policy": "default-src 'self'; img-src 'self' data:"}
        html = (STATIC / "exhibit.html").read_text()
        return web.Response(text=html, content_type="text/html", headers=policy)

    async def _mark(self, _: web.Request, response: web.StreamResponse) -> None:
        if "ETag" in response.headers:
            response.headers["ETag"] = f'"{self.version}"'

    @contextlib.asynccontextmanager
    async def open(self, port: int = 0) -> AsyncIterator[str]:
        """Its address, while it is open."""
        app = web.Application()
        app.router.add_get("/exhibit", self._page)
        app.router.add_get("/pass", self._pass)
        app.router.add_get("/api/v1/events", self._events)
        app.router.add_get("/api/v1/{name}", self._answer)
        app.router.add_static("/static", STATIC)
        app.on_response_prepare.append(self._mark)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            self.hang_up()
            await runner.cleanup()
