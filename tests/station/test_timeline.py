"""The timeline: what sounds where, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from renderer.pcm import SAMPLE_RATE_HZ, Start
from station.timeline import KEPT_STARTS, Timeline
from tests.pieces import make_piece
from tests.station.fakes import MIDNIGHT

STARTS = [Start(number * 1_000, make_piece(seed=number)) for number in range(5)]


@pytest.fixture
def timeline() -> Timeline:
    timeline = Timeline(MIDNIGHT)
    for start in STARTS:
        timeline.add(start)
    return timeline


@pytest.mark.parametrize(("position", "number"), [(0, 0), (999, 0), (1_000, 1), (99_999, 4)])
def test_a_piece_sounds_from_its_first_frame_on(
    timeline: Timeline, position: int, number: int
) -> None:
    assert timeline.at(position) is STARTS[number]


def test_before_the_first_piece_there_is_none(timeline: Timeline) -> None:
    assert timeline.at(-1) is None
    assert Timeline(MIDNIGHT).at(0) is None


def test_since_gives_what_sounds_and_what_follows(timeline: Timeline) -> None:
    assert timeline.since(2_500) == tuple(STARTS[2:])


def test_before_gives_what_was_heard_last(timeline: Timeline) -> None:
    assert timeline.before(3_000, 2) == (STARTS[1], STARTS[2])


def test_positions_have_a_time_of_day(timeline: Timeline) -> None:
    assert timeline.utc(90 * SAMPLE_RATE_HZ) == MIDNIGHT + timedelta(seconds=90)


def test_a_clock_that_starts_again_moves_what_follows(timeline: Timeline) -> None:
    later = MIDNIGHT + timedelta(hours=3)
    timeline.on_air_at(10 * SAMPLE_RATE_HZ, later, 500.0)
    assert timeline.utc(12 * SAMPLE_RATE_HZ) == later + timedelta(seconds=2)
    assert timeline.due(12 * SAMPLE_RATE_HZ) == 502.0


def test_only_the_recent_past_is_kept(timeline: Timeline) -> None:
    for number in range(5, 500):
        timeline.add(Start(number * 1_000, STARTS[0].piece))
    assert len(timeline.since(-1)) == KEPT_STARTS


def test_a_watcher_is_told_of_each_start() -> None:
    timeline = Timeline(MIDNIGHT)
    seen: list[Start] = []
    timeline.watch(seen.append)
    timeline.add(STARTS[0])
    assert seen == [STARTS[0]]
