"""Sensors of the room turn the dials: slowly, within bounds, and not for ever. Pure.

What a sensor says is brought into the dial's range and follows with a time constant; two on one
dial turn it to their mean. Small changes turn nothing, and no dial is turned more often than its
sensors may: each turn has music composed anew. Who is silent for long gives the dial back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from station.controls import BOUNDS, Controls
from station.exhibit_settings import SensorSettings

DIGITS = 3  # of what a dial is turned to
GIVEN_BACK: Mapping[str, float | None] = dict.fromkeys(BOUNDS) | {"tempo": 1.0}


@dataclass(frozen=True, slots=True)
class Turn:
    """A dial is to be turned."""

    dial: str
    value: float | None  # None: back to the show
    source: str  # "sensor:door", or of two "sensor:door+stairs"


class Sensor:
    """One sensor: what it said, and what follows it."""

    def __init__(self, settings: SensorSettings) -> None:
        self.settings = settings
        self.heard_at: float | None = None  # seconds; None: forgotten
        self._target = 0.0  # where the dial is to go
        self._value = 0.0  # where it was at `_value_at`
        self._value_at = 0.0

    def hear(self, reading: float, now: float, standing: float) -> None:
        """It says something at a time; a dial that was not its own stands somewhere."""
        if self.heard_at is None:
            low, high = sorted(way(self.settings))
            self._value = min(high, max(low, standing))
        else:
            self._value = self.value(now)
        self._value_at = self.heard_at = now
        self._target = mapped(reading, self.settings)

    def value(self, now: float) -> float:
        """Where it wants the dial at a time: on the way to what it said last."""
        seconds = max(0.0, now - self._value_at)
        smoothing = self.settings.smoothing_seconds
        left = math.exp(-seconds / smoothing) if smoothing else 0.0
        return self._target + (self._value - self._target) * left

    def is_silent(self, now: float) -> bool:
        return self.heard_at is None or now - self.heard_at > self.settings.forget_seconds


class Dial:
    """One dial, and the sensors that turn it."""

    def __init__(self, name: str, sensors: Iterable[Sensor]) -> None:
        self._name = name
        self._sensors = list(sensors)
        self._step = min(sensor.settings.step for sensor in self._sensors)
        self._every_seconds = max(sensor.settings.every_seconds for sensor in self._sensors)
        self._turned: float | None = None  # what it was turned to here
        self._turned_at = -math.inf

    def turn(self, now: float, stands: float | None) -> Turn | None:
        """How it is to be turned at a time; `stands` is what it is turned to, by whomever."""
        for sensor in self._sensors:
            if sensor.is_silent(now):
                sensor.heard_at = None
        speaking = [sensor for sensor in self._sensors if sensor.heard_at is not None]
        if not speaking:
            return self._give_back(stands)
        if now - self._turned_at < self._every_seconds:
            return None
        mean = sum(sensor.value(now) for sensor in speaking) / len(speaking)
        low, high = BOUNDS[self._name]
        value = round(min(high, max(low, mean)), DIGITS)
        if self._turned is not None and abs(value - self._turned) < self._step:
            return None
        self._turned, self._turned_at = value, now
        return Turn(self._name, value, _source(speaking))

    def _give_back(self, stands: float | None) -> Turn | None:
        """To the show, unless somebody else has turned it since: then it is theirs."""
        turned, self._turned = self._turned, None
        if turned is None or stands != turned:
            return None
        return Turn(self._name, GIVEN_BACK[self._name], _source(self._sensors))


class Sensors:
    """All sensors of the room."""

    def __init__(
        self, settings: Iterable[SensorSettings], standing: Callable[[str], float]
    ) -> None:
        """`standing`: where a dial is now, whoever put it there."""
        self._sensors = {each.name: Sensor(each) for each in settings}
        self._standing = standing
        by_dial: dict[str, list[Sensor]] = {}
        for sensor in self._sensors.values():
            by_dial.setdefault(sensor.settings.dial, []).append(sensor)
        self._dials = {name: Dial(name, sensors) for name, sensors in by_dial.items()}

    @property
    def all(self) -> list[Sensor]:
        return list(self._sensors.values())

    def hear(self, readings: Mapping[str, Any], now: float) -> None:
        """Take what sensors say at a time: all of it or nothing.

        Raises:
            ValueError: there is no such sensor, or it says no number.
        """
        checked = {name: self._checked(name, reading) for name, reading in readings.items()}
        for name, reading in checked.items():
            sensor = self._sensors[name]
            sensor.hear(reading, now, self._standing(sensor.settings.dial))

    def turns(self, now: float, controls: Controls) -> list[Turn]:
        """The dials to be turned at a time."""
        found = (dial.turn(now, getattr(controls, name)) for name, dial in self._dials.items())
        return [turn for turn in found if turn is not None]

    def _checked(self, name: str, reading: Any) -> float:
        if name not in self._sensors:
            there = ", ".join(self._sensors) or "none"
            raise ValueError(
                f"no sensor is called {name!r}; [[exhibit.sensors]] in station.toml has {there}"
            )
        if isinstance(reading, bool) or not isinstance(reading, int | float):
            raise ValueError(f"sensor {name}: a number is wanted, not {reading!r}")
        try:
            number = float(reading)
        except OverflowError:  # whole numbers of JSON have no end
            number = math.inf
        if not math.isfinite(number):
            raise ValueError(f"sensor {name}: a finite number is wanted, not {number}")
        return number


def mapped(reading: float, settings: SensorSettings) -> float:
    """From what a sensor reads to what its dial turns to; beyond either end, that end."""
    low, high = settings.reads
    first, last = way(settings)
    share = min(1.0, max(0.0, (reading - low) / (high - low)))
    return first + share * (last - first)


def way(settings: SensorSettings) -> tuple[float, float]:
    """Where its dial is turned at the one end of what it reads, and at the other."""
    return settings.turns or BOUNDS[settings.dial]


def _source(sensors: Iterable[Sensor]) -> str:
    return "sensor:" + "+".join(sensor.settings.name for sensor in sensors)
