"""What listeners say of pieces: one tap, no cookie, and nothing kept about who it was.

Pages of other sites may not rate in a listener's name: a browser says where a request comes from,
and the body has to be JSON, which no form can send.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from station.errors import CrowdedError
from station.programme import Programme
from station.voters import VALUES, Voters
from storage.queries import piece as find_piece
from storage.ratings import Ratings, counts_of
from web.api import body_of, read
from web.keys import PROGRAMME
from web.limits import listener_of
from web.proxies import client_of

KINDS = {1: "like", -1: "dislike", 0: "withdrawal"}
MINUTE_SECONDS = 60.0
OWN_SITES = ("same-origin", "none")  # what Sec-Fetch-Site says of our pages, and of typed addresses


class Booth:
    """Where ratings are given: who said what today, and how often somebody came."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self.voters = Voters()
        self.given: Counter[str] = Counter()  # by kind, since the start
        self._per_minute = per_minute
        self._now = now
        self._tries: Counter[str] = Counter()  # by address, in this minute
        self._minute_ends = now() + MINUTE_SECONDS

    def knock(self, address: str) -> None:
        """Come once more.

        Raises:
            HTTPTooManyRequests: too often for a minute.
        """
        if (left_seconds := self._minute_ends - self._now()) <= 0:
            self._tries.clear()
            self._minute_ends = self._now() + (left_seconds := MINUTE_SECONDS)
        self._tries[address] += 1
        if self._tries[address] > self._per_minute:
            raise web.HTTPTooManyRequests(
                text=f"{self._per_minute} ratings a minute are taken from your address "
                "(ratings.per_minute)",
                headers={"Retry-After": str(int(left_seconds) + 1)},
            )


BOOTH = web.AppKey("booth", Booth)


async def opening(app: web.Application) -> AsyncIterator[None]:
    """Put the booth up as the application starts."""
    app[BOOTH] = Booth(app[PROGRAMME].settings.ratings.per_minute)
    yield


async def rating(request: web.Request) -> web.Response:
    """What is said of a piece, and what who asks said of it today."""
    piece_id = request.match_info["piece_id"]
    counts = await _counts(request.app[PROGRAMME], piece_id)
    yours = request.app[BOOTH].voters.said(*listener_of(request), piece_id)
    return web.json_response(_view(request, counts, yours))


async def rate(request: web.Request) -> web.Response:
    """`{"value": 1}` likes the piece, -1 does not, 0 takes back what was said today."""
    booth, programme = request.app[BOOTH], request.app[PROGRAMME]
    if not programme.settings.ratings.open:
        raise web.HTTPForbidden(text="this station takes no ratings (ratings.open)")
    _refuse_other_sites(request)
    address, player = listener_of(request)
    booth.knock(address)
    value = await _value(request)
    piece_id = request.match_info["piece_id"]
    counts = await _counts(programme, piece_id)
    try:
        change = booth.voters.say(address, player, piece_id, value)
    except CrowdedError as error:
        raise web.HTTPTooManyRequests(text=str(error), headers={"Retry-After": "3600"}) from error
    if change is not None:
        programme.journal.append(change)
        booth.given[KINDS[value]] += 1
        if counts is not None:  # it is in the journal, and in the database in a moment
            likes, dislikes = counts.likes + change.likes, counts.dislikes + change.dislikes
            counts = Ratings(max(0, likes), max(0, dislikes))
    return web.json_response(_view(request, counts, value))


PATH = r"/api/v1/pieces/{piece_id:[0-9a-f]{20}}/rating"
ROUTES = [web.get(PATH, rating), web.post(PATH, rate)]


def _view(request: web.Request, counts: Ratings | None, yours: int) -> dict[str, Any]:
    """`rating` is null while the database is away: what is said is counted when it is back."""
    return {
        "open": request.app[PROGRAMME].settings.ratings.open,
        "rating": None if counts is None else asdict(counts),
        "yours": yours,
    }


async def _counts(programme: Programme, piece_id: str) -> Ratings | None:
    """The counts of a piece; None of one that is on air while the database is away.

    Raises:
        HTTPNotFound, HTTPServiceUnavailable: it is not there, or nobody can say.
    """
    on_air = any(
        start.piece.id == piece_id
        for station in programme.stations.values()
        for start in station.timeline.since(0)
    )
    database = programme.database
    try:
        if not on_air and await read(partial(find_piece, database, piece_id)) is None:
            raise web.HTTPNotFound(text=f"no piece has the id {piece_id}")
        counts: dict[str, Ratings] = await read(partial(counts_of, database, [piece_id]))
        return counts[piece_id]
    except web.HTTPServiceUnavailable:
        if not on_air:
            raise
        return None


async def _value(request: web.Request) -> int:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(
            text='send {"value": 1} with Content-Type: application/json'
        )
    try:
        value = json.loads(await body_of(request))["value"]
        if type(value) is int and value in VALUES:
            return value
    except (ValueError, TypeError, LookupError, RecursionError):
        pass
    raise web.HTTPBadRequest(text='send {"value": 1}, -1, or 0 to take it back')


def _refuse_other_sites(request: web.Request) -> None:
    """
    Raises:
        HTTPForbidden: a page of another site asks.
    """
    site = request.headers.get("Sec-Fetch-Site")  # only over HTTPS, or on this machine
    origin = request.headers.get(hdrs.ORIGIN)
    if site is not None:
        is_ours = site in OWN_SITES
    else:
        is_ours = origin is None or urlsplit(origin).netloc == client_of(request).host
    if not is_ours:
        raise web.HTTPForbidden(text="pieces are rated on the station's own pages")
