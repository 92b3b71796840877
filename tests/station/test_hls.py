"""HLS: what a player is told is true, and stays true from one playlist to the next."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renderer.formats import FORMATS
from renderer.pcm import SAMPLE_RATE_HZ, Packet, Start
from station.hls import Hls
from station.hls_playlist import date_time
from station.timeline import Timeline
from tests.pieces import make_piece
from tests.renderer.boxes import decode_time, events, samples
from tests.renderer.decoding import SECOND, encoded, noise
from tests.station.fakes import MIDNIGHT
from tests.station.hls import FRAME, NOON, blocks, make_hls, packets
from tests.station.m3u8 import Entry, Playlist, read

MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def timeline() -> Timeline:
    return Timeline(MIDNIGHT)


@pytest.fixture
def hls(tmp_path: Path, timeline: Timeline) -> Iterator[Hls]:
    hls = make_hls(tmp_path, timeline)
    yield hls
    hls.close()


def seconds(count: float) -> int:
    return int(count * SAMPLE_RATE_HZ / FRAME)


def publish(hls: Hls, count: int, first: int = 0) -> None:
    for block in blocks(count, first):
        hls.publish(block)


def heard(hls: Hls) -> Playlist:
    return read(hls.playlist.decode())


def data(hls: Hls, entry: Entry) -> bytes:
    found = hls.file(entry.name)
    assert found is not None
    return found


def test_there_is_no_playlist_before_there_is_a_segment(hls: Hls) -> None:
    publish(hls, seconds(3))
    assert hls.playlist == b""


@pytest.mark.parametrize(
    ("segment_seconds", "target"), [(1.0, 1), (2.5, 3), (4.0, 4), (6.0, 6), (20.0, 20)]
)
def test_no_segment_is_longer_than_the_target(
    tmp_path: Path, segment_seconds: float, target: int
) -> None:
    hls = make_hls(tmp_path, segment_seconds=segment_seconds)
    publish(hls, seconds(90))
    playlist = heard(hls)
    hls.close()
    assert playlist.target_seconds == target
    lengths = {entry.seconds for entry in playlist.entries}
    assert all(segment_seconds - FRAME / SECOND < each <= target for each in lengths)


def test_the_window_is_as_long_as_was_asked_for(hls: Hls) -> None:
    publish(hls, seconds(300))
    assert 60 <= sum(entry.seconds for entry in heard(hls).entries) < 64


def test_a_window_shorter_than_three_segments_has_three(tmp_path: Path) -> None:
    hls = make_hls(tmp_path, segment_seconds=20, window_seconds=10)
    publish(hls, seconds(200))
    assert len(heard(hls).entries) == 3
    hls.close()


def test_what_an_old_playlist_names_is_there_for_one_more_window(hls: Hls) -> None:
    publish(hls, seconds(100))
    old = heard(hls).entries
    publish(hls, seconds(60), first=seconds(100))
    assert all(hls.file(name) for entry in old for name in (entry.name, entry.init))


def test_memory_is_let_go(hls: Hls) -> None:
    publish(hls, seconds(100))
    old = heard(hls).entries[0]
    publish(hls, seconds(200), first=seconds(100))
    assert hls.file(old.name) is None


def test_an_unknown_name_is_no_file(hls: Hls) -> None:
    publish(hls, seconds(9))
    assert hls.file("../main.json") is None


def test_a_click_is_heard_at_the_date_it_went_on_air(hls: Hls, timeline: Timeline) -> None:
    click = 60_000
    sound = noise(12 * SECOND) * 1e-3
    sound[click : click + 4] = 0.9
    timeline.on_air_at(0, MIDNIGHT + timedelta(hours=3), 0.0)
    hls.publish(encoded(FORMATS["aac"], sound))
    first = heard(hls).entries[0]
    with av.open(io.BytesIO((hls.file(first.init) or b"") + data(hls, first)), "r") as file:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    at = first.began + timedelta(seconds=int(np.abs(samples).argmax()) / SECOND)
    assert abs(at - timeline.utc(click)) < MILLISECOND


def test_dates_are_to_the_nearest_millisecond() -> None:
    at = MIDNIGHT + timedelta(microseconds=1_999_600)
    assert date_time(at) == "2026-01-01T00:00:02.000Z"


def test_the_title_of_a_segment_is_what_sounds_when_it_begins(hls: Hls, timeline: Timeline) -> None:
    for number, position in enumerate((0, 5 * SECOND)):
        timeline.add(Start(position, make_piece(seed=number)))
    publish(hls, seconds(12.1))
    assert [entry.title for entry in heard(hls).entries] == ["Piece 0", "Piece 0", "Piece 1"]


def test_a_title_changes_at_the_frame_where_the_piece_does(hls: Hls, timeline: Timeline) -> None:
    for number, position in enumerate((0, 5 * SECOND)):
        timeline.add(Start(position, make_piece(seed=number)))
    publish(hls, seconds(12.1))
    told = [
        (event.time, event.message[21:-1])
        for e in heard(hls).entries
        for event in events(data(hls, e))
    ]
    length = seconds(4) * FRAME
    assert told == [
        (0, b"Piece 0"),
        (length, b"Piece 0"),
        (5 * SECOND, b"Piece 1"),
        (2 * length, b"Piece 1"),
    ]


def test_each_piece_in_the_window_is_a_range_of_dates(hls: Hls, timeline: Timeline) -> None:
    piece = make_piece(seed=1)
    timeline.add(Start(0, make_piece()))
    timeline.add(Start(5 * SECOND + 480, piece))
    publish(hls, seconds(30))
    assert heard(hls).ranges[1] == {
        "ID": f"cafe0000-{5 * SECOND + 480}",
        "CLASS": "fm.latent.piece",
        "START-DATE": "2026-01-01T00:00:05.010Z",
        "END-ON-NEXT": "YES",
        "X-TITLE": piece.title,
        "X-PIECE": piece.id,
        "X-POSITION": str(5 * SECOND + 480),
    }


def test_a_piece_that_began_before_the_window_is_told_while_it_sounds(
    hls: Hls, timeline: Timeline
) -> None:
    timeline.add(Start(SECOND, make_piece()))
    publish(hls, seconds(200))
    assert [each["X-POSITION"] for each in heard(hls).ranges] == [str(SECOND)]


def test_no_title_breaks_the_playlist(hls: Hls, timeline: Timeline) -> None:
    piece = make_piece()
    object.__setattr__(piece, "title", '"Quoted", ☕\r\n#EXT-X-ENDLIST')
    timeline.add(Start(0, piece))
    publish(hls, seconds(5))
    playlist = heard(hls)
    assert playlist.entries[0].title == '"Quoted", ☕ #EXT-X-ENDLIST'
    assert playlist.ranges[0]["X-TITLE"] == "'Quoted', ☕ #EXT-X-ENDLIST"


def test_a_machine_that_slept_is_a_discontinuity(hls: Hls, timeline: Timeline) -> None:
    publish(hls, seconds(10))
    timeline.on_air_at(seconds(10) * FRAME, MIDNIGHT + timedelta(hours=1), 0.0)
    publish(hls, seconds(10), first=seconds(10))
    before, last, after = heard(hls).entries[1:4]
    assert last.began - before.began == pytest.approx(
        timedelta(seconds=before.seconds), abs=MILLISECOND
    )
    assert after.began == MIDNIGHT + timedelta(hours=1)
    assert after.discontinuity == last.discontinuity + 1


def test_a_piece_keeps_its_date_when_the_clock_starts_again(hls: Hls, timeline: Timeline) -> None:
    timeline.add(Start(0, make_piece()))
    publish(hls, seconds(10))
    before = heard(hls).ranges
    timeline.on_air_at(seconds(10) * FRAME, MIDNIGHT + timedelta(hours=1), 0.0)
    publish(hls, seconds(10), first=seconds(10))
    assert heard(hls).ranges == before


def test_an_encoder_that_was_made_anew_is_a_discontinuity(hls: Hls) -> None:
    publish(hls, seconds(10))
    publish(hls, seconds(10), first=seconds(10) - 1)  # it begins with what was lost inside
    numbers = [entry.discontinuity for entry in heard(hls).entries]
    assert numbers == sorted(numbers)
    assert numbers[-1] == numbers[0] + 1


def test_sound_before_the_beginning_is_left_out(hls: Hls) -> None:
    publish(hls, seconds(5) + 2, first=-2)
    assert decode_time(data(hls, heard(hls).entries[0])) == 0


def test_a_segment_that_cannot_be_made_is_a_gap(hls: Hls, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    broken = [Packet(b"", packet.position, FRAME) for packet in packets(0, seconds(12))]
    hls.publish(broken)
    publish(hls, seconds(5), first=seconds(12))
    assert [entry.number for entry in heard(hls).entries] == [int(NOON)]
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "HLS of main has a gap",
        "HLS of main has a gap",
    ]
    assert "works again" in caplog.text


events_on_air = st.lists(
    st.tuples(
        st.integers(1, 300),  # packets
        st.sampled_from(["on", "on", "slept", "lost", "repeated"]),  # what comes after them
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events_on_air, st.sampled_from([1.0, 1.7, 4.0]))
def test_a_segment_keeps_its_numbers_from_playlist_to_playlist(
    tmp_path: Path, story: list[tuple[int, str]], segment_seconds: float
) -> None:
    """RFC 8216 §6.2.2: whichever of them a player has read, it means the same segments."""
    timeline = Timeline(MIDNIGHT)
    hls = make_hls(tmp_path, timeline, segment_seconds=segment_seconds, window_seconds=10)
    known: dict[str, Entry] = {}
    first = 0
    for count, then in story:
        for block in blocks(count, first):
            hls.publish(block)
            for entry in heard(hls).entries if hls.playlist else ():
                assert known.setdefault(entry.name, entry) == entry
        first += count + {"lost": 2, "repeated": -1}.get(then, 0)
        if then == "slept":
            timeline.on_air_at(
                first * FRAME, timeline.utc(first * FRAME) + timedelta(seconds=90), 0.0
            )
    hls.close()
    assert [entry.number for entry in known.values()] == sorted(e.number for e in known.values())
    _follow_each_other(list(known.values()))


def _follow_each_other(entries: list[Entry]) -> None:
    for before, after in pairwise(entries):
        assert after.number == before.number + 1
        gap = after.began - before.began - timedelta(seconds=before.seconds)
        assert after.discontinuity > before.discontinuity or abs(gap) <= 2 * MILLISECOND


def test_after_hours_on_air_all_is_exact(tmp_path: Path) -> None:
    """Number, date and decode time of the last segment, to the frame; a year into a broadcast."""
    start, count, length = 1_500_000_000, 200_000, seconds(4)
    hls = make_hls(tmp_path)
    publish(hls, count, first=start)
    playlist = heard(hls)
    hls.close()
    last, whole = playlist.entries[-1], count // length
    assert (last.number, last.discontinuity) == (int(NOON) + whole - 1, 1)
    position = (start + (whole - 1) * length) * FRAME
    assert (decode_time(data(hls, last)), samples(data(hls, last))) == (position, length)
    assert abs(last.began - MIDNIGHT - timedelta(seconds=position / SECOND)) <= MILLISECOND
    _follow_each_other(playlist.entries)
