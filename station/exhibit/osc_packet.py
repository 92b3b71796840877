"""What a datagram says, if it is OSC. Pure.

Bundles are taken apart here: python-osc would go round for ever in one whose element says that it
is -4 bytes long. Messages are python-osc's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.parsing import osc_types

MOST_BYTES = 8192  # a bundle of some hundred messages
MOST_DEPTH = 8  # of bundles in bundles
BUNDLE = b"#bundle\x00"
HEAD_BYTES = 16  # of a bundle: its name and its time tag
KNOWN_TYPES = frozenset(b",ifdhsTFN")


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came."""

    address: str
    args: tuple[Any, ...]  # int, float, str, bool or None
    unix_seconds: float  # when it is to be done; 0: at once


def messages(datagram: bytes) -> list[Heard]:
    """All messages of a datagram.

    Raises:
        ValueError: it is not OSC, or more than anybody needs.
    """
    if len(datagram) > MOST_BYTES:
        raise ValueError(f"a datagram has at most {MOST_BYTES} bytes")
    try:
        return list(_messages(datagram, 0.0, MOST_DEPTH))
    except (ParseError, osc_types.ParseError) as error:
        raise ValueError(f"it is torn: {error}") from error


def _messages(data: bytes, unix_seconds: float, depth: int) -> Iterator[Heard]:
    if data.startswith(b"/"):
        yield _message(data, unix_seconds)
        return
    if not data.startswith(BUNDLE) or len(data) < HEAD_BYTES:
        raise ValueError("it begins neither with an address nor with #bundle")
    if not depth:
        raise ValueError(f"more than {MOST_DEPTH} bundles are in each other")
    unix_seconds, at = osc_types.get_date(data, len(BUNDLE))
    while at < len(data):
        size, at = osc_types.get_int(data, at)
        if not 0 < size <= len(data) - at:
            raise ValueError(f"an element of a bundle says that it has {size} bytes")
        yield from _messages(data[at : at + size], unix_seconds, depth - 1)
        at += size


def _message(data: bytes, unix_seconds: float) -> Heard:
    _, tags_at = osc_types.get_string(data, 0)
    tags = data[tags_at:].partition(b"\x00")[0]
    if unknown := set(tags) - KNOWN_TYPES:
        raise ValueError(f"type {chr(min(unknown))!r} is not understood; int32, float and text are")
    message = OscMessage(data)
    return Heard(message.address, tuple(message.params), unix_seconds)
