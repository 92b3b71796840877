from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.controls import BOUNDS, Controls
from station.exhibit.sensors import Sensors, Turn
from station.exhibit_settings import ExhibitSettings, SensorSettings

LOOK_SECONDS = 0.25


def sensor(name: str = "door", dial: str = "energy", **others: Any) -> SensorSettings:
    return SensorSettings.model_validate({"name": name, "dial": dial, **others})


class Room:
    """Sensors, and the controls as they turn them, looked at four times a second."""

    def __init__(self, *sensors: SensorSettings, stands: float = 0.0) -> None:
        self.now = 0.0
        self.controls = Controls()
        self.sensors = Sensors(sensors, lambda dial: stands)
        self.turned: list[tuple[float, Turn]] = []

    def say(self, **readings: Any) -> None:
        self.sensors.hear(readings, self.now)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / LOOK_SECONDS)):
            for turn in self.sensors.turns(self.now, self.controls):
                self.controls = self.controls.changed({turn.dial: turn.value})
                self.turned.append((self.now, turn))
            self.now += LOOK_SECONDS


def test_a_sensor_turns_its_dial_to_what_it_reads() -> None:
    room = Room(sensor(reads=(10, 30), turns=(-0.5, 0.5), smoothing_seconds=0))
    room.say(door=25)
    room.wait(1)
    assert room.turned == [(0.0, Turn("energy", 0.25, "sensor:door"))]


def test_what_reads_the_other_way_turns_the_other_way() -> None:
    room = Room(sensor(reads=(30, 10), smoothing_seconds=0))
    room.say(door=10)
    room.wait(1)
    assert room.controls.energy == 1.0


def test_a_step_is_followed_to_two_thirds_in_the_time_of_smoothing() -> None:
    room = Room(sensor(smoothing_seconds=5, step=0.01, every_seconds=0.5), stands=-1.0)
    room.say(door=1.0)
    room.wait(5.25)
    assert room.controls.energy == pytest.approx(-1 + 2 * (1 - math.exp(-1)), abs=0.1)


def test_a_trembling_sensor_turns_nothing() -> None:
    room = Room(sensor(step=0.1, smoothing_seconds=0, every_seconds=0.5))
    for reading in (0.5, 0.52, 0.48, 0.53, 0.47):
        room.say(door=reading)
        room.wait(1)
    assert len(room.turned) == 1


def test_two_sensors_on_one_dial_turn_it_to_their_mean() -> None:
    room = Room(sensor(smoothing_seconds=0), sensor("stairs", smoothing_seconds=0))
    room.say(door=1.0, stairs=0.25)
    room.wait(1)
    assert room.turned[0][1] == Turn("energy", 0.25, "sensor:door+stairs")


@pytest.mark.parametrize(("dial", "given_back"), [("energy", None), ("tempo", 1.0)])
def test_a_sensor_that_is_silent_for_long_gives_the_dial_back(
    dial: str, given_back: float | None
) -> None:
    room = Room(sensor(dial=dial, smoothing_seconds=0, forget_seconds=10))
    room.say(door=1.0)
    room.wait(12)
    assert getattr(room.controls, dial) == given_back


def test_a_dial_that_somebody_else_has_turned_since_is_left_to_them() -> None:
    room = Room(sensor(smoothing_seconds=0, forget_seconds=10))
    room.say(door=1.0)
    room.wait(5)
    room.controls = Controls(energy=-0.7)
    room.wait(20)
    assert room.controls.energy == -0.7


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(list(BOUNDS)),
    st.lists(st.tuples(st.floats(-5, 5), st.floats(0.25, 30)), min_size=1, max_size=8),
    st.floats(0, 60),
    st.floats(0.5, 20),
    st.data(),
)
def test_whatever_a_sensor_says_its_settings_hold(
    dial: str,
    said: list[tuple[float, float]],
    smoothing_seconds: float,
    every_seconds: float,
    data: st.DataObject,
) -> None:
    ends = st.floats(*BOUNDS[dial])
    turns = data.draw(ends), data.draw(ends)
    slow = sensor(
        dial=dial,
        turns=turns,
        smoothing_seconds=smoothing_seconds,
        every_seconds=every_seconds,
        forget_seconds=86_400,
    )
    room = Room(slow, stands=data.draw(ends))
    for reading, seconds in said:
        room.say(door=reading)
        room.wait(seconds)
    for _, turn in room.turned:
        assert turn.value is not None
        assert min(turns) - 0.001 <= turn.value <= max(turns) + 0.001
    times = [at for at, _ in room.turned]
    assert all(b - a >= every_seconds for a, b in itertools.pairwise(times))


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.floats(0, 30), st.floats(-1, 1))
def test_a_steady_sensor_brings_its_dial_to_within_a_step(
    reading: float, smoothing_seconds: float, stands: float
) -> None:
    room = Room(
        sensor(smoothing_seconds=smoothing_seconds, forget_seconds=86_400, step=0.05), stands=stands
    )
    room.say(door=reading)
    room.wait(200)
    assert room.controls.energy == pytest.approx(2 * reading - 1, abs=0.052)


@pytest.mark.parametrize("reading", [math.nan, math.inf, 10**400, "1", True, None, [1]])
def test_what_is_no_number_is_refused(reading: Any) -> None:
    with pytest.raises(ValueError, match=r"sensor door: a .*number is wanted"):
        Room(sensor()).say(door=reading)


def test_an_unknown_sensor_is_refused_with_those_there_are() -> None:
    room = Room(sensor(), sensor("stairs"))
    with pytest.raises(ValueError, match=r"no sensor is called 'window'.* has door, stairs"):
        room.say(door=1.0, window=1.0)
    room.wait(1)
    assert not room.turned  # all of it or nothing


@pytest.mark.parametrize(
    ("sensors", "words"),
    [
        ([{}, {}], "two are called 'door'"),
        ([{"reads": (1, 1)}], "reads must be two different numbers"),
        ([{"reads": (0, math.inf)}], "finite number"),
        ([{"turns": (0, 2)}], "turns must be within -1.0 to 1.0"),
    ],
)
def test_sensors_that_cannot_be_followed_are_refused(
    sensors: list[dict[str, Any]], words: str
) -> None:
    door = {"name": "door", "dial": "energy"}
    with pytest.raises(ValueError, match=words):
        ExhibitSettings.model_validate({"sensors": [door | each for each in sensors]})
