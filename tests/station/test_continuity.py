"""What a load test says of the bytes that its listeners got."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.continuity import PROBE_BYTES, are_alike, mp3_is_whole, without_titles
from station.icy import METAINT, IcyStream

STREAM = np.random.default_rng(5).bytes(40 * PROBE_BYTES)


def mp3(frames: int, seed: int = 0) -> bytes:
    """128 kbit/s at 48 kHz: a true header on noise."""
    rng = np.random.default_rng(seed)
    return b"".join(b"\xff\xfb\x94\x00" + rng.bytes(380) for _ in range(frames))


@given(cuts=st.lists(st.integers(1, 3 * METAINT), min_size=1, max_size=6))
def test_titles_are_taken_out_again(cuts: list[int]) -> None:
    icy, sound = IcyStream(), STREAM[: sum(cuts) % len(STREAM)]
    titled, at = b"", 0
    for number, cut in enumerate(cuts):
        titled += icy.cut(sound[at : at + cut], f"title {number}")
        at += cut
    assert without_titles(titled, METAINT) == sound[:at]


def test_mp3_is_whole_from_its_first_frame_on() -> None:
    assert mp3_is_whole(mp3(20)[200:-100])


def test_a_missing_byte_is_noticed() -> None:
    data = mp3(20)
    assert not mp3_is_whole(data[:4000] + data[4001:])


def test_noise_is_no_mp3() -> None:
    assert not mp3_is_whole(b"no sound here" * 100)


@pytest.mark.parametrize("late", [0, 1, 9 * PROBE_BYTES])
def test_listeners_of_one_stream_are_alike_whenever_they_joined(late: int) -> None:
    assert are_alike([STREAM, STREAM[late:], b"its own head" + STREAM[late:-7]])


@pytest.mark.parametrize("at", [-1, len(STREAM) // 2])
def test_a_listener_with_another_byte_is_not_alike(at: int) -> None:
    other = bytearray(STREAM)
    other[at] ^= 1
    assert not are_alike([STREAM, bytes(other)])
