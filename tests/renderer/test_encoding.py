"""Packets that follow each other, decode, and say truly where their sound belongs."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from renderer.formats import FORMATS
from renderer.pcm import Packet

SECOND = 48_000
EVERY = pytest.mark.parametrize("name", FORMATS)


def noise(frames: int, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.2, 0.2, (frames, 2)).astype(np.float32)


def encoded(name: str, sound: np.ndarray, start: int = 0) -> tuple[bytes, list[Packet]]:
    """As the station does it: many blocks, each of another length."""
    encoder = FORMATS[name].encoder(128, start)
    packets, offset, sizes = [], 0, np.random.default_rng(3)
    while offset < len(sound):
        size = int(sizes.integers(1, 20_000))
        packets += encoder.encode(sound[offset : offset + size])
        offset += size
    packets += encoder.close()
    return packets[0].preamble.data, packets


def decoded(name: str, data: bytes) -> np.ndarray:
    """Float32 (frames, 2), by a decoder that knows only the bytes."""
    container = {"mp3": "mp3", "opus": "ogg"}[name]
    with av.open(io.BytesIO(data), "r", format=container) as file:
        blocks = [frame.to_ndarray() for frame in file.decode(audio=0)]
    return np.concatenate(blocks, axis=1).T


@EVERY
def test_packets_follow_each_other_without_a_gap(name: str) -> None:
    _, packets = encoded(name, noise(2 * SECOND))
    ends = [packet.position + packet.frames for packet in packets]
    assert [packet.position for packet in packets[1:]] == ends[:-1]


@EVERY
def test_all_that_went_in_comes_out(name: str) -> None:
    _, packets = encoded(name, noise(2 * SECOND), start=1_000)
    assert packets[0].position <= 1_000
    assert packets[-1].position + packets[-1].frames >= 1_000 + 2 * SECOND


@EVERY
def test_a_click_is_heard_where_the_packets_say(name: str) -> None:
    start, click = 7_000_000, 60_000
    sound = noise(2 * SECOND) * 1e-3
    sound[click : click + 4] = 0.9
    headers, packets = encoded(name, sound, start)
    heard = decoded(name, headers + b"".join(packet.data for packet in packets))
    # An Ogg player drops the pre-skip: its first frame is that of `start` itself.
    first = start if name == "opus" else packets[0].position
    assert first + np.abs(heard[:, 0]).argmax() == pytest.approx(start + click, abs=4)


@EVERY
@pytest.mark.parametrize("joined", [1, 2, 5, 11])
def test_who_joins_late_soon_hears_what_all_hear(name: str, joined: int) -> None:
    headers, packets = encoded(name, noise(2 * SECOND))
    whole = decoded(name, headers + b"".join(packet.data for packet in packets))
    late = decoded(name, headers + b"".join(packet.data for packet in packets[joined:]))
    missing = sum(packet.frames for packet in packets[joined:]) - len(late)
    settled = late[SECOND // 2 :]
    assert 0 <= missing <= 1152
    assert np.abs(settled - whole[-len(settled) :]).max() < 0.01


@EVERY
def test_who_joins_late_is_in_time(name: str) -> None:
    sound = noise(2 * SECOND) * 1e-3
    sound[60_000:60_004] = 0.9
    headers, packets = encoded(name, sound)
    joined = next(i for i, packet in enumerate(packets) if packet.position > 40_000)
    heard = decoded(name, headers + b"".join(packet.data for packet in packets[joined:]))
    from_the_end = len(heard) - np.abs(heard[:, 0]).argmax()
    end = packets[-1].position + packets[-1].frames
    assert end - from_the_end == pytest.approx(60_000, abs=4)


def test_no_file_header_goes_out_with_the_first_mp3_frame() -> None:
    _, packets = encoded("mp3", noise(SECOND))
    assert not any(tag in packets[0].data for tag in (b"Xing", b"Info", b"ID3"))


def test_every_mp3_packet_begins_with_a_sync_word() -> None:
    _, packets = encoded("mp3", noise(SECOND))
    assert {packet.data[:2] for packet in packets} == {b"\xff\xfb"}


def test_opus_pages_are_a_tenth_of_a_second() -> None:
    _, packets = encoded("opus", noise(2 * SECOND))
    assert {packet.frames for packet in packets[1:-2]} == {SECOND // 10}


@EVERY
@pytest.mark.parametrize("kbps", [64, 320])
def test_a_stream_is_as_wide_as_it_says(name: str, kbps: int) -> None:
    encoder = FORMATS[name].encoder(kbps, 0)
    packets = encoder.encode(noise(4 * SECOND)) + encoder.close()
    bits = 8 * sum(len(packet.data) for packet in packets)
    assert bits / 4 / 1000 == pytest.approx(kbps, rel=0.1)


@EVERY
def test_no_sound_is_taken_as_well(name: str) -> None:
    assert FORMATS[name].encoder(128, 0).encode(noise(0)) == []


@EVERY
def test_an_encoder_may_close_before_it_heard_anything(name: str) -> None:
    packets = FORMATS[name].encoder(128, 0).close()
    assert sum(packet.frames for packet in packets) <= 2 * 1152
