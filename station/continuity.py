"""Did several listeners of one stream get the same bytes, and none of them a gap? Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from renderer.errors import FramingError
from renderer.framing import split_mp3

PROBE_BYTES = 4096  # enough to be found in one place only
MOST_FRAME_BYTES = 1_441  # of MP3: the first one begins within so many


def without_titles(stream: bytes, metaint: int) -> bytes:
    """The sound of a stream with ICY blocks in it; `metaint` 0: it has none."""
    if not metaint:
        return stream
    sound, at = [], 0
    while at < len(stream):
        sound.append(stream[at : at + metaint])
        at += metaint
        if at < len(stream):
            at += 1 + 16 * stream[at]
    return b"".join(sound)


def mp3_is_whole(sound: bytes) -> bool:
    """Does frame follow on frame, from the first that begins in it?"""
    for begin in re.finditer(rb"\xff[\xfa\xfb]", sound[: MOST_FRAME_BYTES + 2]):
        try:
            frames, _ = split_mp3(sound[begin.start() :])
        except FramingError:  # these bytes were no frame's; or one is broken, then all are refused
            continue
        return bool(frames)
    return False


def are_alike(streams: Sequence[bytes]) -> bool:
    """Are they pieces of one stream? Each begins somewhere, and all end at about the same place.

    What each was given first may be its own (headers, a burst cut to fit): its first quarter is
    not looked at.
    """
    if not streams:
        return True
    longest = max(streams, key=len)
    return all(_lies_in(each, longest) for each in streams)


def _lies_in(stream: bytes, longest: bytes) -> bool:
    """From its first quarter on, as far as both go."""
    begin = len(stream) // 4
    at = longest.find(stream[begin : begin + PROBE_BYTES])
    common = min(len(stream) - begin, len(longest) - at)
    return at >= 0 and stream[begin : begin + common] == longest[at : at + common]
