"""Pages as every reader of Ogg takes them."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.errors import FramingError
from renderer.frames import audio_frame
from renderer.framing import split_ogg
from renderer.ogg import OggStream, comments, ogg_checksum, ogg_page

PACKETS = st.lists(st.binary(max_size=1_000), min_size=1, max_size=40)


def by_the_book(data: bytes) -> int:
    """RFC 3533 §6, field 7: polynomial 0x04c11db7, from zero, bit by bit."""
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = register << 1 ^ 0x104C11DB7 if register >> 31 else register << 1
    return register


@given(st.binary(max_size=300))
def test_the_checksum_is_the_one_of_the_book(data: bytes) -> None:
    assert ogg_checksum(data) == by_the_book(data)


@settings(deadline=None)
@given(PACKETS, st.integers(0, 2**62), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_what_is_read_is_what_was_written(
    packets: list[bytes], granule: int, serial: int, number: int
) -> None:
    data = ogg_page(packets, granule, serial, number)
    [page], rest = split_ogg(data)
    assert (page.granule, page.serial, page.number, rest) == (granule, serial, number, b"")
    assert page.body == b"".join(packets)


def test_the_checksum_is_the_one_libav_writes() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="stereo")
        container.mux(stream.encode(audio_frame(np.zeros((9_600, 2), np.float32), 0)))
        container.mux(stream.encode(None))
    for page in split_ogg(file.getvalue())[0]:
        bare = page.data[:22] + bytes(4) + page.data[26:]
        assert ogg_checksum(bare) == int.from_bytes(page.data[22:26], "little")


def test_only_the_first_page_of_a_stream_says_so() -> None:
    stream = OggStream()
    assert [stream.page([b"a"], 0)[5] for _ in range(3)] == [2, 0, 0]


def test_streams_have_serial_numbers_of_their_own() -> None:
    pages = [split_ogg(OggStream().page([b"a"], 0))[0][0] for _ in range(20)]
    assert len({page.serial for page in pages}) == 20


def test_more_than_a_page_holds_is_refused() -> None:
    with pytest.raises(FramingError, match="do not fit into one Ogg page"):
        OggStream().page([bytes(65_025)], 0)


def test_comments_are_counted_and_measured() -> None:
    assert comments({"TITLE": "Öde"}) == b"\x09\0\0\0Latent FM\x01\0\0\0\x0a\0\0\0TITLE=\xc3\x96de"
