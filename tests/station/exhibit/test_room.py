"""The room: what it is set to, who is told, and what it keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from station.exhibit.hours import Hours
from station.exhibit.room import VERBS, Room, RoomState
from station.exhibit.room_file import RoomFile
from tests.station.fakes import FakeTime

Make = Callable[..., Room]


class Log(list[dict[str, Any]]):
    """What was noted."""

    def note(self, kind: str, detail: dict[str, Any]) -> None:
        assert kind == "room"
        self.append(detail)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def make(tmp_path: Path, time: FakeTime, log: Log) -> Iterator[Make]:
    """Rooms that remember the same file; it is midnight, UTC."""
    rooms: list[Room] = []

    def room(hours: str = "24/7", volume: float = 1.0) -> Room:
        opening, file = Hours(hours, "UTC", 20.0), RoomFile(tmp_path / "exhibit.json")
        rooms.append(Room(opening, file, volume=volume, note=log.note, utc=time.utc))
        return rooms[-1]

    yield room
    for each in rooms:
        each.close()


def test_a_room_nobody_touched_sounds_as_the_settings_say(make: Make) -> None:
    room = make(volume=0.4)
    assert (room.state, room.gain()) == (RoomState(volume=0.4), 0.4)


@pytest.mark.parametrize("verb", ["mute", "pause"])
def test_a_verb_that_silences_is_undone_by_its_opposite(make: Make, verb: str) -> None:
    room = make(volume=0.4)
    room.turn(VERBS[verb], "http")
    assert room.gain() == 0
    room.turn(VERBS[{"mute": "unmute", "pause": "resume"}[verb]], "http")
    assert room.gain() == 0.4


def test_a_dark_wall_is_no_silent_room(make: Make) -> None:
    room = make()
    assert not room.turn(VERBS["display-off"], "http").display
    assert room.gain() == 1


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"volume": 1.1}, "volume must be a number from 0 to 1, not 1.1"),
        ({"volume": True}, "volume"),
        ({"volume": "loud"}, "volume"),
        ({"volume": float("nan")}, "volume"),
        ({"muted": 1}, "muted must be true or false"),
        ({"light": True}, "muted, volume, paused, display"),
        ({"open": True}, "'open'"),
    ],
)
def test_what_cannot_be_is_named_and_changes_nothing(
    make: Make, log: Log, changes: dict[str, Any], named: str
) -> None:
    room = make()
    with pytest.raises(ValueError, match=named):
        room.turn({"paused": True, **changes}, "http")
    assert (room.state, log) == (RoomState(), [])


def test_each_turn_is_logged_with_who_did_it(make: Make, log: Log) -> None:
    room = make()
    room.turn({"volume": 0.5}, "osc")
    room.turn({"volume": 0.5}, "http")  # is so already
    assert [(each["source"], each["volume"]) for each in log] == [("osc", 0.5)]


def test_one_who_watches_and_fails_keeps_it_from_nobody(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    room, told = make(), list[RoomState]()
    room.watch(lambda state: 1 // 0)  # type: ignore[arg-type]  # all it does is fail
    room.watch(told.append)
    room.turn({"muted": True}, "http")
    assert [each.muted for each in told] == [True]
    assert "going on" in caplog.text


def test_mute_and_volume_outlive_a_restart(make: Make) -> None:
    room = make()
    room.turn({"muted": True, "volume": 0.25, "paused": True, "display": False}, "http")
    room.close()
    assert make().state == RoomState(muted=True, volume=0.25, paused=False, display=True)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"muted": true}', '{"muted": 1, "volume": "x"}'])
def test_a_damaged_memory_is_as_none(make: Make, tmp_path: Path, text: str) -> None:
    (tmp_path / "exhibit.json").write_text(text)
    assert make(volume=0.4).state == RoomState(volume=0.4)


def test_a_disk_that_cannot_be_written_costs_nothing_but_the_memory(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    room = make()
    (tmp_path / "exhibit.json").mkdir()
    for volume in (0.1, 0.2):
        room.turn({"volume": volume}, "http")
    room.close()
    assert room.gain() == 0.2
    assert len([each for each in caplog.records if "cannot be written" in each.message]) == 1


async def test_it_opens_and_closes_by_the_clock(make: Make, time: FakeTime, log: Log) -> None:
    room, told = make("10:00-18:00"), list[tuple[datetime, bool]]()
    room.watch(lambda state: told.append((time.utc(), state.open)))

    async def sleep(seconds: float) -> None:
        time.advance(seconds)
        if time.seconds > 86_400:
            raise asyncio.CancelledError

    midnight = time.utc()
    with pytest.raises(asyncio.CancelledError):
        await room.keep_hours(sleep)
    assert told == [(midnight + timedelta(hours=10), True), (midnight + timedelta(hours=18), False)]
    assert [(each["source"], each["open"]) for each in log] == [
        ("start", False),
        ("hours", True),
        ("hours", False),
    ]
