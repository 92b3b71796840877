"""The time machine: what it plays, against what was on air."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from renderer.balancer import Balancer
from renderer.pcm import SAMPLE_RATE_HZ
from renderer.synth import Synth
from station.clock import ticks
from station.cues import remarks
from station.errors import NothingAiredError
from station.replaying import Replay
from station.settings import Settings
from station.station import Station
from storage import queries
from storage.database import Database
from storage.journal import Journal
from tests.fonts import FONT
from tests.station.broadcasts import (
    PIECES,
    OnAir,
    cut_at_the_next_bar,
    go_on_air,
    logged,
    skip,
)
from tests.station.fakes import NULL_FORMATS, FakeTime, InProcess, NullSynth

LATER = timedelta(days=1)  # than all broadcasts
INAUDIBLE_DB = -50.0  # after three seconds of warming up, where the real thing has two minutes


def make_synth() -> Synth:
    return Synth(FONT)


@pytest.fixture(scope="module")
def first() -> OnAir:
    """A quarter of a minute: among the pieces is one that is cut, and one that is skipped."""
    return go_on_air(16, acts=[(6.0, cut_at_the_next_bar), (10.0, skip)])


@pytest.fixture(scope="module")
def second(first: OnAir) -> OnAir:
    """The station was away for two seconds."""
    return go_on_air(4, PIECES[::-1], began=first.utc(18), broadcast="b2")


@pytest.fixture(scope="module")
def log(
    first: OnAir, second: OnAir, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with closing(logged(tmp_path_factory.mktemp("log"), first, second)) as database:
        yield database


def replay(
    log: Database, begins: datetime, seconds: float, *, warm_up_seconds: float = 3
) -> Replay:
    return Replay(
        log,
        "main",
        begins,
        seconds,
        make_synth=make_synth,
        balancer=Balancer(make_synth),
        warm_up_seconds=warm_up_seconds,
        utc=lambda: begins + LATER,
    )


def sound(log: Database, begins: datetime, seconds: float) -> np.ndarray:
    with closing(replay(log, begins, seconds).sound()) as blocks:
        return np.concatenate(list(blocks))


def apart_db(heard: np.ndarray, again: np.ndarray) -> float:
    assert heard.shape == again.shape
    power, difference = np.mean(heard**2.0), np.mean((again - heard) ** 2.0)
    assert power > 1e-4  # it is not silence that is compared
    return float(10 * np.log10(difference / power + 1e-20))


def test_from_the_beginning_it_is_the_broadcast_to_the_bit(log: Database, first: OnAir) -> None:
    again = sound(log, first.utc(0), 12)
    assert np.array_equal(again, first.heard(first.utc(0), 12))


@pytest.mark.parametrize("seconds", [5.0, 8.001, 12.7])
def test_from_any_moment_nobody_hears_a_difference(
    seconds: float, log: Database, first: OnAir
) -> None:
    begins = first.utc(seconds)
    assert apart_db(first.heard(begins, 3), sound(log, begins, 3)) < INAUDIBLE_DB


def test_the_fade_of_a_station_that_goes_is_in_it(log: Database, first: OnAir) -> None:
    begins = first.utc(14)
    heard = first.heard(begins, 2)  # it ends 6 ms before: those never left the limiter
    again = sound(log, begins, 2)
    assert apart_db(heard, again[: len(heard)]) < INAUDIBLE_DB
    assert not again[len(heard) :].any()


def test_while_the_station_was_away_there_is_silence(
    log: Database, first: OnAir, second: OnAir
) -> None:
    again = sound(log, first.utc(15), 5)
    assert len(again) == 5 * SAMPLE_RATE_HZ
    assert not again[SAMPLE_RATE_HZ : 3 * SAMPLE_RATE_HZ - 400].any()
    back = again[3 * SAMPLE_RATE_HZ :]
    assert apart_db(second.heard(second.utc(0), 2), back) < INAUDIBLE_DB


def test_it_ends_where_the_log_does(log: Database, second: OnAir) -> None:
    assert len(sound(log, second.utc(2), 60)) == pytest.approx(2 * SAMPLE_RATE_HZ, abs=400)


def test_of_a_time_without_music_the_nearest_with_music_is_named(
    log: Database, first: OnAir, second: OnAir
) -> None:
    before = first.airings[-1].aired_at + timedelta(seconds=1)
    with pytest.raises(NothingAiredError) as refused:
        replay(log, first.utc(17), 5)
    assert f"{before:%Y-%m-%dT%H:%M:%SZ} and 2026-01-01T12:00:18Z" in str(refused.value)


def test_before_the_first_broadcast_there_is_nothing(log: Database, first: OnAir) -> None:
    with pytest.raises(NothingAiredError, match=r"nearest pieces began at 2026-01-01T12:00:00Z"):
        replay(log, first.utc(-60), 5)


def test_the_future_is_still_to_come(log: Database, first: OnAir) -> None:
    with pytest.raises(NothingAiredError, match="still to come"):
        Replay(
            log,
            "main",
            first.utc(60),
            5,
            make_synth=make_synth,
            balancer=Balancer(make_synth),
            utc=lambda: first.utc(50),
        )


def test_a_time_in_whole_seconds_finds_what_began_within_them(log: Database, second: OnAir) -> None:
    again = sound(log, second.utc(-0.6), 2)
    assert not again[: SAMPLE_RATE_HZ // 2].any()
    assert again[SAMPLE_RATE_HZ:].any()


class Brief(FakeTime):
    """Time for three seconds on air."""

    station: Station

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if self.seconds >= 3:
            await self.station.close()


async def test_a_station_notes_how_it_sounded_and_where_it_ended(
    decoder: InProcess, tmp_path: Path
) -> None:
    brief = Brief()
    with closing(Database.open(f"sqlite:///{tmp_path}/air.db")) as database:
        journal = Journal(tmp_path, database)
        brief.station = station = Station(
            "main",
            Settings(),
            decoder,  # type: ignore[arg-type]  # a Decoder, which is all that composing needs
            journal,
            NullSynth,  # type: ignore[arg-type]  # a stand-in
            seed=1,
            formats=NULL_FORMATS,
            clock=partial(ticks, now=brief.now, sleep=brief.sleep),
            utc=brief.utc,
        )
        await station.run()
        station.free()
        assert journal.close(5)
        said = remarks(queries.events(database, "main", 9))
    key = station.broadcast.id
    assert said.plain == {(key, 0)}  # a pattern, for nothing was composed
    assert list(said.levels) == [(key, SAMPLE_RATE_HZ // 2)]
    assert said.off_air == {key: station.position}


def test_a_replay_that_is_left_frees_its_synth(log: Database, first: OnAir) -> None:
    made: list[Synth] = []

    def counted() -> Synth:
        made.append(make_synth())
        return made[-1]

    wanted = Replay(
        log, "main", first.utc(5), 20, make_synth=counted, balancer=Balancer(make_synth)
    )
    blocks = wanted.sound()
    assert len(list(islice(blocks, 15))) == 15
    blocks.close()
    assert [synth._synth for synth in made] == [None]
