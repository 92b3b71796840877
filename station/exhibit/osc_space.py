"""The address space of Open Sound Control: what is told, and with which arguments.

docs/osc.md has all of it; a test reads it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from generators.music import PARTS, Piece
from station.controls import BOUNDS
from station.exhibit.moments import BarBegins, Beat, KeyDown, Moment, PieceBegins, Rest

PREFIX = "/latentfm/v1"

Value: TypeAlias = str | int | float
Args: TypeAlias = tuple[Value, ...]
Told: TypeAlias = tuple[str, Args]  # an address below PREFIX, and what it is told

# What is told, by address below PREFIX, and the types of its arguments.
MUSIC: Mapping[str, str] = {
    "/piece": "ssssfff",
    "/bar": "if",
    "/beat": "iif",
    **{f"/note/{part}": "iif" for part in PARTS},
    "/rest": "",
}
STATE: Mapping[str, str] = {
    "/now": "ssssffff",
    **{f"/controls/{dial}": "f" for dial in BOUNDS},
    "/controls/key": "s",
    "/room/open": "i",
    "/room/muted": "i",
    "/room/paused": "i",
    "/room/display": "i",
    "/room/volume": "f",
    "/listeners": "i",
}
ANSWERS: Mapping[str, str] = {"/error": "ss"}  # and /pong, which brings back what came
_TYPES = {**MUSIC, **STATE, **ANSWERS}


def split_address(text: str) -> tuple[str, int]:
    """The host and the port of host:port; an address of IPv6 has brackets around it."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def of_moment(moment: Moment) -> Told | None:
    """What is told of a moment; None where that is no concern of OSC's."""
    match moment:
        case PieceBegins(piece):
            return "/piece", of_piece(piece)
        case BarBegins(number, tempo_qpm):
            return "/bar", (number, tempo_qpm)
        case Beat(bar, number, tempo_qpm):
            return "/beat", (bar, number, tempo_qpm)
        case KeyDown(part, pitch, velocity, seconds):
            return f"/note/{part}", (pitch, velocity, seconds)
        case Rest():
            return "/rest", ()
    return None


def of_piece(piece: Piece) -> Args:
    return (
        piece.id,
        piece.title,
        piece.key,
        piece.show,
        piece.tempo_qpm,
        piece.tempo_end_qpm,
        piece.seconds,
    )


def bundle(told: Iterable[Told], unix_seconds: float) -> bytes:
    """A bundle to be heard at a time; at 0, at once."""
    builder = OscBundleBuilder(unix_seconds)  # type: ignore[arg-type]  # it does take a float
    for address, args in told:
        builder.add_content(_built(address, args, _TYPES[address]))
    return builder.build().dgram


def answer(address: str, args: Sequence[Any]) -> bytes:
    """A message to one who asked: an /error, or a /pong with whatever came with the ping."""
    return _built(address, args, _TYPES.get(address)).dgram


def _built(address: str, args: Sequence[Any], types: str | None) -> OscMessage:
    builder = OscMessageBuilder(PREFIX + address)
    for arg, type in zip(args, types or [None] * len(args), strict=True):
        builder.add_arg(arg, type)
    return builder.build()
