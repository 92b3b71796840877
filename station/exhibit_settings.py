"""Settings of the exhibit: a wall, the sound of its room, and what the room tells the music."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, IPvAnyNetwork, field_validator, model_validator

from station.controls import BOUNDS
from station.section import Section

Scene = Literal["sky", "roll", "walk", "score", "words"]
SCENES: tuple[Scene, ...] = get_args(Scene)
Dial = Literal["energy", "brightness", "density", "adventure", "tempo"]
assert set(get_args(Dial)) == set(BOUNDS)

MOST_PORT = 65_535


def _with_a_port(address: str) -> str:
    if int(address.rpartition(":")[2]) > MOST_PORT:
        raise ValueError(f"a port is at most {MOST_PORT}")
    return address


Address = Annotated[
    str,
    Field(pattern=r"^(\[[0-9a-fA-F:]+\]|[^:/\s\[\]]+):[0-9]{1,5}$"),
    AfterValidator(_with_a_port),
]
Number = Annotated[float, Field(allow_inf_nan=False)]


class SensorSettings(Section):
    """One sensor of the room, and the dial that it turns."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$", description="as it calls itself")
    dial: Dial = Field(description="the control that it turns")
    reads: tuple[Number, Number] = Field(
        (0.0, 1.0), description="what it says at least and at most"
    )
    turns: tuple[Number, Number] | None = Field(
        None, description="what the dial is then; unset for all of the dial's way"
    )
    smoothing_seconds: float = Field(
        5.0, ge=0, le=600, description="time to follow a step to two thirds"
    )
    step: float = Field(0.05, gt=0, le=1, description="a smaller change turns nothing")
    every_seconds: float = Field(5.0, ge=0.5, le=3600, description="between two turns, at least")
    forget_seconds: float = Field(
        60.0, ge=1, le=86_400, description="silent for so long, it gives the dial back to the show"
    )

    @model_validator(mode="after")
    def _can_be_followed(self) -> Self:
        if self.reads[0] == self.reads[1]:
            raise ValueError(f"reads must be two different numbers, not {self.reads}")
        low, high = BOUNDS[self.dial]
        if not all(low <= end <= high for end in self.turns or ()):
            raise ValueError(
                f"turns must be within {low} to {high}, as {self.dial} is, not {self.turns}"
            )
        return self


class OscSettings(Section):
    listen: Address | None = Field(
        None, description="host:port for OSC over UDP, like 127.0.0.1:9000; unset for none"
    )
    allow: tuple[IPvAnyNetwork, ...] = Field(
        (ip_network("127.0.0.0/8"), ip_network("::1/128")),
        description="networks whose messages are obeyed",
    )
    send: tuple[Address, ...] = Field((), description="host:port of each who is told")


class MidiSettings(Section):
    port: str | None = Field(
        None, description="MIDI output, by its name or a part of it; unset for none"
    )
    channels: tuple[
        Annotated[int, Field(ge=1, le=16)],
        Annotated[int, Field(ge=1, le=16)],
        Annotated[int, Field(ge=1, le=16)],
    ] = Field((1, 2, 10), description="of melody, bass and drums")
    clock: bool = Field(True, description="send start, stop and 24 clocks a quarter note")


class ExhibitSettings(Section):
    station: str | None = Field(None, description="which one it shows; unset for the first")
    audio_device: str | None = Field(
        None, description="sound card of the room, by its name or a part of it; unset for none"
    )
    delay_ms: float = Field(
        0.0, ge=-2000, le=2000, description="sound, OSC and MIDI of the room come so much later"
    )
    volume: float = Field(1.0, ge=0, le=1, description="of the room, until somebody turns it")
    hours: str = Field(
        "24/7", max_length=300, description="opening hours, as OpenStreetMap writes them"
    )
    ramp_seconds: float = Field(
        20.0, ge=0, le=600, description="to fade in at opening, and out before closing"
    )
    scenes: tuple[Scene, ...] = Field(SCENES, min_length=1, description="what the wall shows")
    scene_minutes: float = Field(12.0, ge=0.1, le=1440, description="each of them, in turn")
    osc: OscSettings = Field(default_factory=OscSettings)
    midi: MidiSettings = Field(default_factory=MidiSettings)
    sensors: tuple[SensorSettings, ...] = Field((), description="see docs/exhibit.md")

    @field_validator("sensors")
    @classmethod
    def _names_differ(cls, sensors: tuple[SensorSettings, ...]) -> tuple[SensorSettings, ...]:
        names = [sensor.name for sensor in sensors]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two are called {name!r}")
        return sensors
