"""What `render --minutes` and `rehearse` are asked for: which programme, from which moment on."""

from __future__ import annotations

import argparse
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from generators.weights import SHIPPED_MODEL
from renderer.balancer import Balancer
from station.errors import StationError
from station.generator import Generator
from station.offline import Offline
from station.settings import Settings, StationSettings

# The same day always: summer time would be another hour of the shows' curves.
FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A programme to make offline; equal ones give equal notes."""

    settings: Settings  # with one show only, if one was asked for
    name: str  # of the station
    seed: int
    begins: datetime  # UTC

    @property
    def station(self) -> StationSettings:
        return self.settings.stations[self.name]

    def offline(self, generator: Generator, balancer: Balancer | None) -> Offline:
        return Offline(
            self.settings, self.name, generator, balancer, seed=self.seed, begins=self.begins
        )

    def generator(self) -> Generator:
        generator = self.settings.generator
        return Generator(generator.model or SHIPPED_MODEL, generator.partners)


def add_options(command: argparse.ArgumentParser) -> None:
    """The options that say which programme."""
    command.add_argument("--station", help="which station (default: the first)")
    command.add_argument("--show", help="this show only, whatever the hour")
    command.add_argument(
        "--at", type=_time_of_day, metavar="HH:MM", help="when it begins (default: with the show)"
    )
    command.add_argument(
        "--seed", type=int, help="for the same notes again (default: the station's, or a new one)"
    )


def occasion(arguments: argparse.Namespace) -> Occasion:
    """
    Raises:
        StationError: there is no such station or show, or the seed is out of range.
    """
    settings: Settings = arguments.settings
    name = arguments.station or next(iter(settings.stations))
    if name not in settings.stations:
        raise StationError(f"no station is called {name!r}: {', '.join(settings.stations)}")
    station = settings.stations[name]
    shows = station.shows
    if arguments.show is not None:
        shows = tuple(show for show in shows if show.name.lower() == arguments.show.lower())
        if not shows:
            known = ", ".join(show.name for show in station.shows)
            raise StationError(f"{name} has no show called {arguments.show!r}: {known}")
    seed = station.seed if arguments.seed is None else arguments.seed
    if seed is None:
        seed = secrets.randbits(63)
    if not 0 <= seed < 2**63:
        raise StationError(f"--seed is a whole number from 0 to 2**63 - 1, not {seed}")
    at = arguments.at or shows[0].starts
    local = datetime.combine(FIRST_DAY, at, ZoneInfo(station.timezone))
    stations = settings.stations | {name: station.model_copy(update={"shows": shows})}
    return Occasion(
        settings.model_copy(update={"stations": stations}), name, seed, local.astimezone(UTC)
    )


def seconds_asked(value: float, option: str, unit_seconds: int, most: float) -> float:
    """An option's minutes or hours, as seconds.

    Raises:
        StationError: that is no length for a programme.
    """
    if not 0 < value <= most:
        raise StationError(f"{option} must be above 0, up to {most:g}, not {value:g}")
    return value * unit_seconds


def _time_of_day(text: str) -> Any:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time of day; write it like 07:30"
        ) from None
