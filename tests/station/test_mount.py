"""A mount: everyone gets whole packets, in order, with the right titles."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from renderer.formats import FORMATS, Format
from renderer.framing import MP3_KBPS
from renderer.mp3_start import MAX_REACH_BYTES, mp3_preamble
from renderer.pcm import SAMPLE_RATE_HZ, Packet, Preamble
from station.icy import METAINT
from station.mount import Mount
from station.subticks import FULL, Later, on_the_loop
from tests.station.fakes import NULL_FORMATS, Ear
from tests.station.test_icy import title_of
from tests.station.timers import FakeTimers

MP3_FRAMES = 1_152
BITRATE_KBPS = 128
BYTES_A_SECOND = BITRATE_KBPS * 125


def make_mount(
    *,
    format: Format = FORMATS["mp3"],
    bitrate_kbps: int = BITRATE_KBPS,
    burst_seconds: float = 2.0,
    title_at: Callable[[int], str] = lambda position: "a title",
    later: Later = on_the_loop,
) -> Mount:
    return Mount(
        format,
        bitrate_kbps=bitrate_kbps,
        burst_seconds=burst_seconds,
        max_backlog_seconds=10,
        title_at=title_at,
        later=later,
    )


@cache
def packet(number: int, bitrate_kbps: int = BITRATE_KBPS, reach: int = 0) -> Packet:
    """An MP3 frame of 24 ms, unlike any other, whose main data begin `reach` bytes before it."""
    header = bytes([0xFF, 0xFB, (MP3_KBPS.index(bitrate_kbps) + 1) << 4 | 1 << 2, 0x40])
    begin = (reach << 7).to_bytes(2, "big")
    rest = np.random.default_rng(number).bytes(bitrate_kbps * 3 - 6)
    return Packet(header + begin + rest, number * MP3_FRAMES, MP3_FRAMES)


def seconds(count: float) -> range:
    return range(round(count * SAMPLE_RATE_HZ / MP3_FRAMES))


def test_a_new_listener_hears_the_burst_first() -> None:
    mount, packets = make_mount(), [packet(number) for number in seconds(10)]
    mount.publish(packets)
    first, position = mount.join(Ear())
    assert b"".join(p.data for p in packets).endswith(first)
    assert len(first) / BYTES_A_SECOND == pytest.approx(2.0, abs=0.05)
    assert position == next(p.position for p in packets if first.startswith(p.data))


def test_without_a_burst_a_listener_hears_the_newest_packet() -> None:
    mount = make_mount(burst_seconds=0)
    mount.publish([packet(number) for number in seconds(10)])
    first, position = mount.join(Ear())
    assert first == packet(len(seconds(10)) - 1).data
    assert position == (len(seconds(10)) - 1) * MP3_FRAMES


def test_headers_go_before_the_burst() -> None:
    mount = make_mount(format=NULL_FORMATS["opus"])
    mount.publish([replace(packet(0), preamble=Preamble(b"OggS head", 312))])
    assert mount.join(Ear()) == (b"OggS head" + packet(0).data, 312)


def test_all_hear_the_same_bytes_from_where_they_joined() -> None:
    mount, early, late = make_mount(), Ear(), Ear()
    mount.publish([packet(0)])
    early.send(mount.join(early)[0])
    mount.publish([packet(1), packet(2)])
    late.send(mount.join(late)[0])
    mount.publish([packet(3)])
    everything = b"".join(packet(number).data for number in range(4))
    assert early.heard == everything
    assert everything.endswith(late.heard)


def test_who_left_hears_nothing_more() -> None:
    mount, ear = make_mount(), Ear()
    mount.publish([packet(0)])
    mount.join(ear)
    mount.leave(ear)
    mount.publish([packet(1)])
    assert ear.heard == b""
    assert mount.listeners == 0


def test_a_slow_listener_is_cut_off_alone() -> None:
    mount, slow, quick = make_mount(), Ear(backlog_bytes=10 * BYTES_A_SECOND + 1), Ear()
    mount.publish([packet(0)])
    mount.join(slow)
    mount.join(quick)
    mount.publish([packet(1)])
    mount.publish([packet(2)])
    assert (slow.left, bytes(slow.heard)) == ("cut off", packet(1).data)
    assert (quick.left, bytes(quick.heard)) == ("", packet(1).data + packet(2).data)
    assert (mount.let_go, mount.listeners) == (1, 1)


def test_a_listener_that_fails_is_let_go_alone(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Ear):
        def send(self, data: bytes) -> int:
            raise RuntimeError("told to fail")

    mount, broken, whole = make_mount(), Broken(), Ear()
    mount.publish([packet(0)])
    mount.join(broken)
    mount.join(whole)
    mount.publish([packet(1)])
    mount.publish([packet(2)])
    assert whole.heard == packet(1).data + packet(2).data
    assert mount.listeners == 1
    assert caplog.text.count("is let go") == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["join"] * 6 + ["leave", "publish", "wait"]), max_size=80))
def test_wherever_in_a_tick_one_joins_or_leaves_one_hears_every_byte_once(steps: list[str]) -> None:
    time, everything = FakeTimers(), packet(0).data
    mount = make_mount(later=time.later)
    mount.publish([packet(0)])
    here: list[Ear] = []
    gone: list[Ear] = []
    for number, step in enumerate(steps, 1):
        if step == "join":  # a crowd each time, so that all slots are in use
            for ear in (Ear() for _ in range(FULL // 2)):
                ear.send(mount.join(ear)[0])
                here.append(ear)
        elif step == "leave" and here:
            gone.append(here.pop(number * 7919 % len(here)))
            mount.leave(gone[-1])
        elif step == "publish":
            mount.publish([packet(number)])
            everything += packet(number).data
        time.advance(0.05 * (step == "wait"))
    mount.close()
    assert all(everything.endswith(ear.heard) for ear in here)
    assert all(ear.heard in everything for ear in gone)
    assert all(ear.left == "end" for ear in here)


def test_closing_ends_every_stream() -> None:
    mount, ears = make_mount(), [Ear(), Ear(icy=True)]
    mount.publish([packet(0)])
    for ear in ears:
        mount.join(ear)
    mount.close()
    assert [ear.left for ear in ears] == ["end", "end"]
    assert mount.listeners == 0


def test_a_new_encoders_headers_reach_those_who_listen() -> None:
    mount, ear = make_mount(format=NULL_FORMATS["opus"]), Ear()
    mount.publish([packet(0)])
    mount.join(ear)
    mount.publish([replace(packet(1), preamble=Preamble(b"new head"))])
    assert ear.heard == b"new head" + packet(1).data
    assert mount.join(Ear())[0] == packet(0).data + b"new head" + packet(1).data


def test_memory_is_bounded_by_the_burst() -> None:
    mount = make_mount()
    for number in seconds(60):
        mount.publish([packet(number)])
    kept = sum(len(p.data) for p in mount._recent)
    assert kept < 2.7 * BYTES_A_SECOND + 2 * METAINT


def parse_icy(stream: bytes) -> tuple[bytes, list[tuple[int, str]]]:
    """Like a player: the sound, and (bytes of sound before it, title then shown) of each block."""
    sound, blocks, shown = b"", [], None
    while len(stream) > METAINT:
        sound, stream = sound + stream[:METAINT], stream[METAINT:]
        block, stream = stream[: 1 + 16 * stream[0]], stream[1 + 16 * stream[0] :]
        if len(block) > 1:
            shown = title_of(block)
        assert shown is not None, "the first block says nothing"
        blocks.append((len(sound), shown))
    return sound + stream, blocks


@settings(max_examples=60, deadline=None)
@example(128, 0.0, [0, 0, 0, 0, 0, 27, 60, 60, 60, 0], 1, [0, 0, 9], 349)  # borrows from the oldest
@given(
    bitrate_kbps=st.sampled_from([32, 64, 128, 320]),
    burst_seconds=st.floats(0, 8),
    publishes=st.lists(st.integers(0, 60), min_size=10, max_size=30),
    title_packets=st.sampled_from([1, 50, 400, 10_000]),
    joins=st.lists(st.integers(0, 29), min_size=3, max_size=6),
    reach=st.integers(0, MAX_REACH_BYTES),
)
def test_every_icy_listener_reads_the_right_titles_at_the_right_bytes(
    bitrate_kbps: int,
    burst_seconds: float,
    publishes: list[int],
    title_packets: int,
    joins: list[int],
    reach: int,
) -> None:
    def title_at(position: int) -> str:
        return f"title {position // MP3_FRAMES // title_packets}"

    mount = make_mount(bitrate_kbps=bitrate_kbps, burst_seconds=burst_seconds, title_at=title_at)
    packets = [packet(number, bitrate_kbps, reach) for number in range(sum(publishes) + 1)]
    mount.publish(packets[:1])
    ears, at = [], 1
    for number, count in enumerate(publishes):
        for _ in range(joins.count(number)):
            ear = Ear(icy=True)
            burst, position = mount.join(ear)
            ear.send(burst)
            ears.append((ear, position))
        mount.publish(packets[at : at + count])
        at += count
    begins = [0, *accumulate(len(p.data) for p in packets)]
    for ear, position in ears:
        sound, blocks = parse_icy(bytes(ear.heard))
        zeros, first = start_of(sound, packets, position)
        assert set(zeros) <= {0}, "whole frames after zeros that decoders pass over"
        for offset, shown in blocks:
            after = begins[-1] - len(sound) + offset
            sounding = packets[max(first, bisect_right(begins, after) - 1)]
            assert shown == title_at(sounding.position)


def start_of(sound: bytes, packets: list[Packet], position: int) -> tuple[bytes, int]:
    """What lies before the frames in a listener's sound, and its first packet.

    The first sound is at `position`: carriers of what the first packet borrows sound before it.
    """
    for first in range(len(packets)):
        preamble = mp3_preamble(packets, first)
        frames = preamble.data + b"".join(p.data for p in packets[first:])
        if packets[first].position + preamble.drops_frames == position and sound.endswith(frames):
            return sound[: len(sound) - len(frames)], first
    raise AssertionError(f"no packet sounds first at {position}")


def test_an_icy_listener_who_joins_late_gets_the_title_in_its_burst() -> None:
    mount, ear = make_mount(title_at=lambda position: "Slow Harbour"), Ear(icy=True)
    mount.publish([packet(number) for number in seconds(30)])
    first, _ = mount.join(ear)
    assert parse_icy(first)[1][0][1] == "Slow Harbour"
