"""Bytes cut into frames and pages, whatever the chunks they come in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.aac import AacEncoder, adts_header
from renderer.encoding import Encoder
from renderer.errors import FramingError
from renderer.framing import (
    ADTS_HEADER_BYTES,
    mp3_frame_bytes,
    opus_pre_skip,
    split_adts,
    split_mp3,
    split_ogg,
)
from renderer.mp3 import Mp3Encoder
from renderer.opus import OpusEncoder

Split = Callable[[bytes], tuple[list[Any], bytes]]

SOUND = np.random.default_rng(1).uniform(-0.3, 0.3, (24_000, 2)).astype(np.float32)


def _coded(encoder: Encoder) -> bytes:
    packets = encoder.encode(SOUND) + encoder.close()
    return packets[0].preamble.data + b"".join(packet.data for packet in packets)


MP3, AAC, OPUS = _coded(Mp3Encoder(128)), _coded(AacEncoder(128)), _coded(OpusEncoder(96))


def _in_chunks(split: Split, data: bytes, cuts: list[int]) -> tuple[list[Any], bytes]:
    found: list[Any] = []
    rest = b""
    edges = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        some, rest = split(rest + data[start:end])
        found += some
    return found, rest


CUTS = st.lists(st.integers(0, 1_000_000), max_size=12)


@settings(max_examples=30, deadline=None)
@given(CUTS)
def test_any_chunking_gives_the_same_mp3_frames(cuts: list[int]) -> None:
    assert _in_chunks(split_mp3, MP3, cuts) == split_mp3(MP3)


@settings(max_examples=30, deadline=None)
@given(CUTS)
def test_any_chunking_gives_the_same_ogg_pages(cuts: list[int]) -> None:
    assert _in_chunks(split_ogg, OPUS, cuts) == split_ogg(OPUS)


@settings(max_examples=30, deadline=None)
@given(CUTS)
def test_any_chunking_gives_the_same_adts_frames(cuts: list[int]) -> None:
    assert _in_chunks(split_adts, AAC, cuts) == split_adts(AAC)


@given(st.lists(st.binary(max_size=6_000), max_size=5))
def test_an_adts_header_tells_how_long_its_frame_is(payloads: list[bytes]) -> None:
    frames, rest = split_adts(b"".join(adts_header(len(each)) + each for each in payloads))
    assert [frame[ADTS_HEADER_BYTES:] for frame in frames] == payloads
    assert rest == b""


def test_adts_frames_put_together_are_the_bytes_they_came_from() -> None:
    frames, rest = split_adts(AAC)
    assert b"".join(frames) + rest == AAC


def test_frames_put_together_are_the_bytes_they_came_from() -> None:
    frames, rest = split_mp3(MP3)
    assert b"".join(frames) + rest == MP3


def test_pages_put_together_are_the_bytes_they_came_from() -> None:
    pages, rest = split_ogg(OPUS)
    assert b"".join(page.data for page in pages) + rest == OPUS


def test_a_frame_at_48_khz_and_128_kbit_is_384_bytes() -> None:
    assert mp3_frame_bytes(bytes.fromhex("fffb9464")) == 384


@pytest.mark.parametrize("header", ["00000000", "fffb0464", "fffbf464", "fffb9c64", "fff39464"])
def test_what_is_no_mp3_frame_is_refused(header: str) -> None:
    with pytest.raises(FramingError, match="no MP3 frame"):
        split_mp3(bytes.fromhex(header))


@pytest.mark.parametrize("header", ["00000000000000", "fffb5080000000", "fff1508000bffc"])
def test_what_is_no_adts_frame_is_refused(header: str) -> None:
    with pytest.raises(FramingError, match="no ADTS frame"):
        split_adts(bytes.fromhex(header))


def test_what_is_no_ogg_page_is_refused() -> None:
    with pytest.raises(FramingError, match="no Ogg page"):
        split_ogg(bytes(40))


def test_a_page_of_sound_is_no_opus_head() -> None:
    with pytest.raises(FramingError, match="OpusHead"):
        opus_pre_skip(split_ogg(OPUS)[0][-1])
