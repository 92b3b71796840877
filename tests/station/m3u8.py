"""A media playlist as a player reads it (RFC 8216 §4.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Entry:
    """One segment, with what the tags before it say of it."""

    number: int  # media sequence
    discontinuity: int
    began: datetime
    seconds: float
    title: str
    init: str
    name: str


@dataclass(frozen=True)
class Playlist:
    target_seconds: int
    entries: list[Entry]
    ranges: list[dict[str, str]]  # attributes of each EXT-X-DATERANGE


def read(text: str) -> Playlist:
    head, *lines = text.splitlines()
    assert head == "#EXTM3U"
    assert text.endswith("\n")
    tags: dict[str, str] = {}  # since the last segment, but for EXT-X-MAP, which stays
    entries: list[Entry] = []
    ranges: list[dict[str, str]] = []
    number = discontinuity = target = 0
    for line in lines:
        if not line.startswith("#"):
            entries.append(_entry(number, discontinuity, tags, line))
            tags = {"EXT-X-MAP": tags["EXT-X-MAP"]}
            number += 1
            continue
        tag, _, value = line[1:].partition(":")
        assert tag == "EXT-X-DATERANGE" or tag not in tags or tag == "EXT-X-MAP", f"{tag} twice"
        tags[tag] = value
        if tag == "EXT-X-MEDIA-SEQUENCE":
            number = int(value)
        elif tag == "EXT-X-DISCONTINUITY-SEQUENCE":
            discontinuity = int(value)
        elif tag == "EXT-X-DISCONTINUITY":
            discontinuity += 1
        elif tag == "EXT-X-TARGETDURATION":
            target = int(value)
        elif tag == "EXT-X-DATERANGE":
            ranges.append(attributes(value))
    return Playlist(target, entries, ranges)


def attributes(value: str) -> dict[str, str]:
    """`A=1,B="x, y"` as a dict, quotation marks left out."""
    found = re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)', value)
    assert ",".join(f"{name}={given}" for name, given in found) == value
    return {name: given.strip('"') for name, given in found}


def _entry(number: int, discontinuity: int, tags: dict[str, str], name: str) -> Entry:
    seconds, _, title = tags["EXTINF"].partition(",")
    return Entry(
        number,
        discontinuity,
        datetime.fromisoformat(tags["EXT-X-PROGRAM-DATE-TIME"]),
        float(seconds),
        title,
        attributes(tags["EXT-X-MAP"])["URI"],
        name,
    )
