"""What the log says of how pieces were left."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.music import Piece
from renderer.mastering import Level
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.score import bar_frames, frames_of
from station.cues import (
    OFF_AIR,
    SOUND,
    Cue,
    Remarks,
    Way,
    cues,
    off_air_detail,
    remarks,
    sound_detail,
)
from storage.records import AiredPiece, Airing, StationEvent
from tests.pieces import make_piece
from tests.station.fakes import MIDNIGHT

PIECE = make_piece(bars=4, tempo_qpm=97.0)
LENGTH = frames_of(PIECE)
BAR = bar_frames(PIECE)[2]
SKIPPED = 64 * 1_000


def aired(
    position: int,
    *,
    broadcast: str = "b1",
    began: datetime = MIDNIGHT,
    piece: Piece = PIECE,
) -> AiredPiece:
    utc = began + timedelta(seconds=position / SAMPLE_RATE_HZ)
    return AiredPiece(Airing(broadcast, "main", position, piece.id, utc), piece)


def first_of(*log: AiredPiece, said: Remarks = Remarks()) -> Cue:  # noqa: B008  # frozen
    return next(cues(log, said))


@pytest.mark.parametrize(
    ("left", "way"),
    [(LENGTH, "end"), (BAR, "cut"), (SKIPPED, "skip"), (SKIPPED + 1, "lost")],
)
def test_where_the_next_piece_began_says_how_this_one_was_left(left: int, way: Way) -> None:
    cue = first_of(aired(0), aired(left))
    assert (cue.end, cue.way) == (left, way)
    assert cue.is_joined == (way != "lost")


def test_a_piece_that_nothing_follows_was_played_to_its_end() -> None:
    cue = first_of(aired(500))
    assert (cue.begin, cue.end, cue.way) == (500, 500 + LENGTH, "lost")


def test_a_station_that_says_goodbye_is_heard_until_then() -> None:
    event = StationEvent("main", MIDNIGHT, OFF_AIR, off_air_detail("b1", 70_000))
    cue = first_of(aired(0), said=remarks([event]))
    assert (cue.end, cue.way) == (70_000, "off")


def test_a_station_that_was_killed_is_heard_no_longer_than_until_it_was_back() -> None:
    back = MIDNIGHT + timedelta(seconds=2)
    cue = first_of(aired(0), aired(0, broadcast="b2", began=back))
    assert (cue.end, cue.is_joined) == (2 * SAMPLE_RATE_HZ, False)


def test_a_clock_that_started_again_leaves_the_sound_whole() -> None:
    slept = MIDNIGHT + timedelta(hours=1)
    before, after = cues([aired(0), aired(LENGTH, began=slept)], Remarks())
    assert before.way == "end"
    assert after.utc(LENGTH) - before.utc(LENGTH) == timedelta(hours=1)


def test_what_was_noted_of_the_sound_is_found_again() -> None:
    level = Level(0.25, -15.5)
    details = [
        sound_detail(aired(0).airing, False, 24_000, level),
        sound_detail(aired(LENGTH).airing, True, 480_000, None),
    ]
    said = remarks(StationEvent("main", MIDNIGHT, SOUND, detail) for detail in details)
    assert said.levels == {("b1", 24_000): level}
    found = cues([aired(0), aired(LENGTH)], said)
    assert [cue.is_measured for cue in found] == [False, True]


@given(st.lists(st.integers(1, 5), min_size=2, max_size=30), st.integers(0, 999_999))
def test_cues_of_a_broadcast_meet_to_the_frame(bars: list[int], microseconds: int) -> None:
    """Times are rounded to a microsecond, a fifth of what it takes to be a frame off."""
    began, position, log = MIDNIGHT + timedelta(microseconds=microseconds), 0, []
    for number, count in enumerate(bars):
        piece = make_piece(seed=number, bars=count, tempo_qpm=99.7)
        log.append(aired(position, piece=piece, began=began))
        position += frames_of(piece)
    told = list(cues(log, Remarks()))
    assert all(one.end == other.begin for one, other in pairwise(told))
    assert len({cue.position_at(MIDNIGHT) for cue in told}) == 1
