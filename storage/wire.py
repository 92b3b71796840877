"""A record as one line of JSON and back: what the journal file holds."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any

from generators import recipe
from generators.music import Piece
from storage.records import (
    AiredPiece,
    Airing,
    Broadcast,
    Join,
    ListeningHour,
    Rating,
    Record,
    StationEvent,
)

Flat = Airing | Broadcast | Join | ListeningHour | StationEvent | Rating  # no record in it

_FLAT: dict[str, type[Flat]] = {
    "airing": Airing,  # by itself, where its piece is known already
    "broadcast": Broadcast,
    "join": Join,
    "listening": ListeningHour,
    "event": StationEvent,
    "rating": Rating,
}
_TIMES = ("started_at", "aired_at", "at", "hour")


def to_line(record: Record) -> bytes:
    """One line of ASCII, with its newline.

    Raises:
        TypeError: an event's detail holds what JSON cannot.
    """
    return json.dumps(_to_data(record), separators=(",", ":")).encode("ascii") + b"\n"


def from_line(line: bytes) -> Record:
    """The inverse of `to_line`.

    Raises:
        ValueError: the line is not one record, or its piece does not hash to its id.
    """
    try:
        data = json.loads(line)
        match data["record"]:
            case "piece":
                return recipe.from_dict(data["piece"])
            case "airing" if "piece" in data:
                airing = Airing(**_with_times(data["airing"]))
                return AiredPiece(airing, recipe.from_dict(data["piece"]))
            case kind:
                return _FLAT[kind](**_with_times(data[kind]))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"this is not a record: {error!r}") from error


def _to_data(record: Record) -> dict[str, Any]:
    match record:
        case Piece():
            return {"record": "piece", "piece": recipe.to_dict(record)}
        case AiredPiece():
            return {
                "record": "airing",
                "airing": _flat(record.airing),
                "piece": recipe.to_dict(record.piece),
            }
    kind = next(kind for kind, cls in _FLAT.items() if isinstance(record, cls))
    return {"record": kind, kind: _flat(record)}


def _flat(record: Flat) -> dict[str, Any]:
    values = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _with_times(data: dict[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromisoformat(data[name]) for name in _TIMES if name in data}
    return {**data, **times}
