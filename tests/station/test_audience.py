"""How many listen, for how long, and how many different ones: without knowing who."""

from __future__ import annotations

import gc
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.audience import Audience, Visit
from station.programme import Programme
from storage import queries
from storage.records import ListeningHour
from tests.station.fakes import MIDNIGHT, FakeTime

HOUR = 3600.0
ANNA, BERT = ("203.0.113.7", "VLC"), ("203.0.113.8", "VLC")


@pytest.fixture
def audience(time: FakeTime) -> Audience:
    return audience_at(time)


def audience_at(time: FakeTime) -> Audience:
    return Audience("b1", "main", stay_seconds=12, utc=time.utc, now=time.now)


def test_an_hour_says_how_many_listened_and_for_how_long(
    audience: Audience, time: FakeTime
) -> None:
    with audience.arrive("mp3", *ANNA):
        time.advance(600)
        with audience.arrive("mp3", *BERT):
            time.advance(300)
    assert audience.count() == [
        ListeningHour(
            broadcast_id="b1",
            station="main",
            mount="mp3",
            hour=MIDNIGHT,
            at=MIDNIGHT + timedelta(seconds=900),
            current=0,
            peak=2,
            unique_listeners=2,
            sessions=2,
            listening_seconds=1_200,
        )
    ]


def test_mounts_are_counted_apart(audience: Audience, time: FakeTime) -> None:
    with audience.arrive("mp3", *ANNA), audience.arrive("opus", *ANNA):
        time.advance(100)
    told = {hour.mount: hour.listening_seconds for hour in audience.count()}
    assert told == {"mp3": 100, "opus": 100}


def test_where_nothing_happened_nothing_is_told(audience: Audience, time: FakeTime) -> None:
    with audience.arrive("mp3", *ANNA):
        assert len(audience.count()) == 1
    assert len(audience.count()) == 1
    time.advance(2 * HOUR)
    assert audience.count() == []


def test_listening_past_the_hour_is_split_at_the_hour(audience: Audience, time: FakeTime) -> None:
    time.advance(HOUR - 100)
    with audience.arrive("mp3", *ANNA):
        time.advance(130)
        over, begun = audience.count()
    assert (over.hour, over.listening_seconds) == (MIDNIGHT, 100)
    assert (begun.hour, begun.listening_seconds) == (
        MIDNIGHT + timedelta(hours=1),
        30,
    )
    assert (begun.peak, begun.sessions, begun.unique_listeners) == (1, 0, 1)


def test_one_who_comes_back_is_one_listener_with_two_sessions(
    audience: Audience, time: FakeTime
) -> None:
    for _ in range(2):
        with audience.arrive("mp3", *ANNA):
            time.advance(90)
    (hour,) = audience.count()
    assert (hour.unique_listeners, hour.sessions) == (1, 2)


def test_who_hears_less_than_a_minute_is_a_session_and_no_listener(
    audience: Audience, time: FakeTime
) -> None:
    with audience.arrive("mp3", *ANNA):
        time.advance(59)
    (hour,) = audience.count()
    assert (hour.unique_listeners, hour.sessions, hour.listening_seconds) == (0, 1, 59)
    assert audience.unique_today == 0


def test_two_players_at_one_address_are_two_listeners(audience: Audience, time: FakeTime) -> None:
    with audience.arrive("mp3", ANNA[0], "VLC"), audience.arrive("mp3", ANNA[0], "Chromium"):
        time.advance(60)
    assert audience.unique_today == 2


def test_on_a_new_day_nobody_is_known(audience: Audience, time: FakeTime) -> None:
    with audience.arrive("mp3", *ANNA) as yesterday:
        time.advance(60)
    assert audience.unique_today == 1
    time.advance(24 * HOUR)
    assert audience.unique_today == 0
    with audience.arrive("mp3", *ANNA) as today:
        pass
    assert today.digest != yesterday.digest


def test_two_stations_cannot_compare_their_listeners(time: FakeTime) -> None:
    with (
        audience_at(time).arrive("mp3", *ANNA) as here,
        audience_at(time).arrive("mp3", *ANNA) as there,
    ):
        assert here.digest != there.digest


def test_no_address_is_kept(audience: Audience, time: FakeTime) -> None:
    address = ".".join(("198", "51", "100", "99"))
    with audience.arrive("mp3", address, "a player"):
        time.advance(60)
        audience.touch("hls", address, "a player")
        audience.count()
        found = [each for each in _reachable(audience) if isinstance(each, str | bytes)]
    assert "mp3" in found
    assert not [each for each in found if "198.51" in str(each) or "player" in str(each)]


def _reachable(root: object) -> list[object]:
    """What an object refers to, and what that does, but no code."""
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting:
        each = waiting.pop()
        if id(each) not in seen and not callable(each) and "function" not in type(each).__name__:
            seen[id(each)] = each
            waiting += gc.get_referents(each)
    return list(seen.values())


def test_one_who_fetches_segments_is_there_until_it_stops(
    audience: Audience, time: FakeTime
) -> None:
    for _ in range(30):
        audience.touch("hls", *ANNA)
        time.advance(4)
    assert audience.current("hls") == 1
    time.advance(12)
    assert audience.current("hls") == 0
    (hour,) = audience.count()
    assert (hour.sessions, hour.peak, hour.unique_listeners) == (1, 1, 1)
    assert hour.listening_seconds == pytest.approx(30 * 4 + 12)


def test_a_clock_that_is_put_back_takes_nothing_away(time: FakeTime) -> None:
    ahead = timedelta(hours=1)
    audience = Audience("b1", "main", stay_seconds=12, utc=lambda: time.utc() + ahead, now=time.now)
    with audience.arrive("mp3", *ANNA):
        time.advance(100)
        audience.count()
        ahead = timedelta(0)
        time.advance(100)
        (hour,) = audience.count()
    assert (hour.hour, hour.listening_seconds) == (MIDNIGHT + timedelta(hours=1), 200)


@given(
    st.lists(
        st.tuples(st.floats(0, 5_000), st.integers(0, 3), st.booleans()), min_size=1, max_size=40
    )
)
def test_all_hours_together_are_what_each_listened(
    events: list[tuple[float, int, bool]],
) -> None:
    """Whatever comes and goes, and whenever somebody asks."""
    time, listened, arrivals = FakeTime(), 0.0, 0
    visits: dict[int, Visit] = {}
    audience = audience_at(time)
    told: dict[object, ListeningHour] = {}

    def ask() -> None:
        told.update({hour.hour: hour for hour in audience.count()})

    for seconds, who, is_asked in events:
        time.advance(seconds)
        if who in visits:
            visit = visits.pop(who)
            audience.leave(visit)
            listened += time.now() - visit.since
        else:
            visits[who] = audience.arrive("mp3", f"10.0.0.{who}", "")
            arrivals += 1
        if is_asked:
            ask()
    for visit in visits.values():
        audience.leave(visit)
        listened += time.now() - visit.since
    ask()
    assert sum(hour.listening_seconds for hour in told.values()) == pytest.approx(listened)
    assert sum(hour.sessions for hour in told.values()) == arrivals


async def test_what_was_heard_is_in_the_log_a_minute_later(programme: Programme) -> None:
    with programme.first.audience.arrive("mp3", *ANNA):
        await programme.count_listeners()
    assert programme.journal.flush(5)
    now = programme.first.audience.count()[0]
    found = queries.listening_hours(
        programme.database, "main", now.hour, now.hour + timedelta(hours=1)
    )
    assert [(hour.mount, hour.peak, hour.current) for hour in found] == [("mp3", 1, 1)]
