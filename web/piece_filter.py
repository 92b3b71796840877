"""What a query asks of pieces: `?key=A minor&tempo=80..120` as a `PieceFilter`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any, get_args

from aiohttp import web

from generators.keys import parse_key
from generators.music import Origin
from storage.search import PieceFilter
from web.api import time_in

MOST = 1e9  # nothing that pieces are measured by goes so far
PAGING = ("limit", "cursor")
_NUMBER = r"-?\d{1,9}(?:\.\d{1,20})?"
_SPAN = re.compile(rf"({_NUMBER})?(\.\.)?({_NUMBER})?", re.ASCII)


def filter_of(request: web.Request) -> PieceFilter:
    """
    Raises:
        HTTPBadRequest: a parameter is unknown, given twice, or has no such value.
    """
    wanted: dict[str, Any] = {}
    for name in request.query:
        if name not in PARAMETERS and name not in PAGING:
            raise web.HTTPBadRequest(text=_unknown(name))
        if len(request.query.getall(name)) > 1:
            raise web.HTTPBadRequest(text=f"{name} is given more than once")
        if name in PARAMETERS:
            field, read = PARAMETERS[name]
            try:
                wanted[field] = read(request, name)
            except ValueError as error:
                raise web.HTTPBadRequest(text=f"{name}: {error}") from error
    since, until = wanted.get("aired_from"), wanted.get("aired_until")
    if since is not None and until is not None and since >= until:
        raise web.HTTPBadRequest(text="from must be a time before to")
    return PieceFilter(**wanted)


def span(text: str) -> tuple[float, float]:
    """`80..120`, `80..`, `..120`, or one number for both ends.

    Raises:
        ValueError: it is none of these.
    """
    found = _SPAN.fullmatch(text)
    lowest, dots, highest = found.groups() if found else (None, None, None)
    if lowest is highest is None or (lowest is not None and highest is not None and not dots):
        raise ValueError(f"write a range like 80..120, 80.. or ..120, not {text[:40]!r}")
    low = float(lowest or -MOST)
    high = float(highest or MOST) if dots else low
    if low > high:
        raise ValueError(f"a range goes from the lower number to the higher, not {text!r}")
    return low, high


def _span(request: web.Request, name: str) -> tuple[float, float]:
    return span(request.query[name])


def _text(request: web.Request, name: str) -> str:
    if "\0" in request.query[name]:  # PostgreSQL has no such letter
        raise ValueError("it holds a letter that no name has")
    return request.query[name]


def _key(request: web.Request, name: str) -> str:
    return str(parse_key(request.query[name]))


def _origin(request: web.Request, name: str) -> str:
    origin = request.query[name]
    if origin not in get_args(Origin):
        raise ValueError(f"there are {', '.join(get_args(Origin))}, not {origin[:40]!r}")
    return origin


# By name in the query: the field of the filter, and how its value is read.
PARAMETERS: dict[str, tuple[str, Callable[[web.Request, str], Any]]] = {
    "station": ("station", _text),
    "from": ("aired_from", time_in),
    "to": ("aired_until", time_in),
    "show": ("show", _text),
    "key": ("key", _key),
    "tempo": ("tempo_qpm", _span),
    "density": ("density", _span),
    "score": ("score", _span),
    "origin": ("origin", _origin),
    "model": ("model", _text),
}


def _unknown(name: str) -> str:
    known = (*PARAMETERS, *PAGING)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"pieces are not found by {name[:40]!r}; {hint}"
