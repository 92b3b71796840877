"""Packets that follow each other, decode, and say truly where their sound belongs."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from renderer.errors import EncoderError
from renderer.formats import FORMATS
from renderer.pcm import Packet
from tests.renderer.decoding import SECOND, Heard, encoded, heard, noise

EVERY = pytest.mark.parametrize("name", FORMATS)
JOINS = pytest.mark.parametrize("joined", [0, 1, 2, 3, 5, 8, 11])
# How long a late joiner's decoder takes to give what all hear: a frame or two that overlap with
# one it never had, behind the silent ones of MP3.
SETTLED_FRAMES = {"mp3": 4_608, "aac": 1_024, "flac": 0, "opus": 0, "opus-tagged": 0}


@cache
def stream(name: str) -> list[Packet]:
    """Two seconds of noise."""
    return encoded(FORMATS[name], noise(2 * SECOND), start=1_000)


@cache
def joiner(name: str, joined: int) -> Heard:
    return heard(FORMATS[name], stream(name), joined)


@EVERY
def test_packets_follow_each_other_without_a_gap(name: str) -> None:
    packets = stream(name)
    ends = [packet.position + packet.frames for packet in packets]
    assert [packet.position for packet in packets[1:]] == ends[:-1]


@EVERY
def test_all_that_went_in_comes_out(name: str) -> None:
    packets = stream(name)
    assert packets[0].position <= 1_000
    assert packets[-1].position + packets[-1].frames >= 1_000 + 2 * SECOND


@EVERY
@JOINS
def test_a_click_is_heard_where_whoever_joins_is_told(name: str, joined: int) -> None:
    start, click = 7_000_000, 72_000
    sound = noise(2 * SECOND) * 1e-3
    sound[click : click + 4] = 0.9
    packets = encoded(FORMATS[name], sound, start)
    assert heard(FORMATS[name], packets, joined).click() == pytest.approx(start + click, abs=3)


@EVERY
@JOINS
def test_nobody_hears_a_frame_too_many_or_too_few(name: str, joined: int) -> None:
    late, last = joiner(name, joined), stream(name)[-1]
    assert late.position + len(late.samples) == last.position + last.frames


@EVERY
@JOINS
def test_no_decoder_complains(name: str, joined: int) -> None:
    assert joiner(name, joined).complaints == []


@EVERY
@JOINS
def test_who_joins_late_hears_what_all_hear(name: str, joined: int) -> None:
    late, first = joiner(name, joined), joiner(name, 0)
    settled = max(late.position, first.position) + SETTLED_FRAMES[name]
    whole = first.since(settled)
    assert np.abs(late.since(settled) - whole).max() < 0.002


def test_flac_gives_back_every_bit() -> None:
    sound = np.clip(5 * noise(SECOND), -1, 1)
    samples = heard(FORMATS["flac"], encoded(FORMATS["flac"], sound)).samples
    np.testing.assert_array_equal(np.rint(samples * 32_767), np.rint(sound * 32_767))


def test_no_file_header_goes_out_with_the_first_mp3_frame() -> None:
    assert not any(tag in stream("mp3")[0].data for tag in (b"Xing", b"Info", b"ID3"))


def test_every_mp3_packet_begins_with_a_sync_word() -> None:
    assert {packet.data[:2] for packet in stream("mp3")} == {b"\xff\xfb"}


@pytest.mark.parametrize("name", ["opus", "opus-tagged", "flac"])
def test_pages_are_a_tenth_of_a_second(name: str) -> None:
    assert {packet.frames for packet in stream(name)[:-1]} <= {4_800, 4_608}


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "flac"])
@pytest.mark.parametrize("kbps", [64, 320])
def test_a_stream_is_as_wide_as_it_says(name: str, kbps: int) -> None:
    packets = encoded(FORMATS[name], noise(4 * SECOND), kbps=kbps)
    bits = 8 * sum(len(packet.data) for packet in packets)
    assert bits / 4 / 1000 == pytest.approx(kbps, rel=0.1)


@EVERY
def test_every_bitrate_on_offer_can_be_made(name: str) -> None:
    offered = FORMATS[name].bitrates_kbps
    for kbps in {offered[0], offered[len(offered) // 2], offered[-1]}:
        assert FORMATS[name].encoder(kbps, 0).encode(noise(SECOND))


@EVERY
def test_no_sound_is_taken_as_well(name: str) -> None:
    assert FORMATS[name].encoder(128, 0).encode(noise(0)) == []


@EVERY
def test_an_encoder_may_close_before_it_heard_anything(name: str) -> None:
    packets = FORMATS[name].encoder(128, 0).close()
    assert sum(packet.frames for packet in packets) <= 2 * 1152


def test_an_encoder_that_cannot_start_says_so() -> None:
    with pytest.raises(EncoderError, match="libopus did not start"):
        FORMATS["opus"].encoder(4_000, 0)
