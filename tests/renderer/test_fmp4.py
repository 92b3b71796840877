"""Fragments that any player decodes, and that say truly where their sound belongs."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.errors import RenderError
from renderer.fmp4 import ID3_SCHEME, Fragment, fragment, timed_title
from renderer.formats import FORMATS
from renderer.pcm import Packet
from tests.renderer.boxes import boxes, decode_time, events, samples
from tests.renderer.decoding import SECOND, encoded, noise

CLICK = 60_000


@cache
def packets(start: int = 0) -> tuple[Packet, ...]:
    """Two seconds of faint noise, with one click."""
    sound = noise(2 * SECOND) * 1e-3
    sound[CLICK : CLICK + 4] = 0.9
    return tuple(packet for packet in encoded(FORMATS["aac"], sound, start) if packet.position >= 0)


def moved(by: int) -> list[Packet]:
    return [replace(packet, position=packet.position + by) for packet in packets()]


def sound_of(made: Fragment, before: bytes = b"") -> tuple[int, np.ndarray]:
    """When it begins, and what is heard, by a player that knows only the bytes."""
    with av.open(io.BytesIO(made.init + before + made.media), "r", format="mp4") as file:
        frames = list(file.decode(audio=0))
    assert frames[0].pts is not None
    return frames[0].pts, np.concatenate([frame.to_ndarray() for frame in frames], axis=1)


@pytest.mark.parametrize("first", [0, 1, 30])
def test_a_click_is_heard_where_the_fragment_says(first: int) -> None:
    start = 7_000_000
    begins, sound = sound_of(fragment(packets(start)[first:], 1))
    assert begins + np.abs(sound[0]).argmax() == pytest.approx(start + CLICK, abs=4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**53), st.integers(1, 80))
def test_the_decode_time_is_the_position_of_the_first_packet(position: int, count: int) -> None:
    some = moved(position)[:count]
    media = fragment(some, 1).media
    assert (decode_time(media), samples(media)) == (some[0].position, count)


@pytest.mark.parametrize("number", [1, 1_795_272_333, 2**40])
def test_every_number_a_segment_can_have_is_taken(number: int) -> None:
    assert fragment(packets()[:3], number).media.startswith(b"\0\0")


def test_what_is_read_first_is_the_same_for_all_fragments() -> None:
    assert fragment(packets()[:20], 1).init == fragment(moved(10**9)[20:], 2).init


def test_a_fragment_is_a_head_and_its_sound() -> None:
    made = fragment(packets()[:20], 1)
    assert [name for name, _ in boxes(made.init)][:2] == ["ftyp", "moov"]
    media = boxes(made.media)
    assert [name for name, _ in media if name in ("moof", "mdat", "mfra")] == ["moof", "mdat"]


def test_the_sound_inside_is_the_packets_without_their_headers() -> None:
    made = fragment(packets()[:20], 1)
    assert dict(boxes(made.media))["mdat"] == b"".join(each.data[7:] for each in packets()[:20])


def test_a_title_stands_at_its_frame() -> None:
    (event,) = events(timed_title("Grün ☕ Süden", 2**40 + 5))
    assert (event.scheme, event.timescale, event.time) == (ID3_SCHEME, 48_000, 2**40 + 5)
    assert event.message.startswith(b"ID3\x04")
    assert event.message.endswith("\x03Grün ☕ Süden\0".encode())


def test_a_long_title_has_a_length_that_id3_readers_understand() -> None:
    (event,) = events(timed_title("ü" * 300, 0))
    size = int.from_bytes(event.message[6:10], "big")
    assert size & 0x80808080 == 0
    unpacked = (size & 0x7F) | (size >> 1 & 0x3F80)
    assert unpacked == len(event.message) - 10


def test_a_player_hears_the_same_with_a_title_before_it() -> None:
    made = fragment(packets(), 1)
    titled = sound_of(made, before=timed_title("a title", 0))
    assert np.array_equal(sound_of(made)[1], titled[1])


def test_no_packets_are_no_fragment() -> None:
    with pytest.raises(RenderError, match="moof"):
        fragment([], 1)
