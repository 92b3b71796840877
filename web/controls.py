"""What the API shows of a station's controls, and of when a change of them will be heard."""

from __future__ import annotations

from typing import Any

from generators.keys import KEYS
from station.controls import BOUNDS
from station.replan import Promise
from station.station import Station

DIGITS = 4  # of a dial


def controls_view(station: Station) -> dict[str, Any]:
    """What is turned, how far each goes, and what that comes to with the show as it is now."""
    dials = station.dials
    numbers = ("energy", "brightness", "density", "adventure", "temperature", "tempo")
    return {
        **station.controls.as_dict(),
        "bounds": {name: list(bounds) for name, bounds in BOUNDS.items()},
        "keys": [str(key) for key in KEYS],
        "dials": {
            **{name: round(getattr(dials, name), DIGITS) for name in numbers},
            "key": None if dials.key is None else str(dials.key),
        },
    }


def promise_view(station: Station, promise: Promise) -> dict[str, Any]:
    position, lead_seconds = promise.position, promise.lead_seconds
    heard_at = None
    if position is not None:
        utc = station.timeline.utc(position).isoformat(timespec="milliseconds")
        heard_at = {"position": position, "utc": utc}
    return {
        "lead_seconds": None if lead_seconds is None else round(lead_seconds, 3),
        "heard_at": heard_at,
        "note": promise.note or None,
    }
