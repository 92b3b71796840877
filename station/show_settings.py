"""A show: a mood for a part of the day, as station.toml says it."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from generators.music import Mix, Strip
from renderer.general_midi import drum_kit_named, program_named
from station.curves import Curve
from station.forms import form_named
from station.section import Section

MOST = 127  # of a MIDI controller


def _instrument(name: str) -> str:
    program_named(name)
    return name


def _kit(name: str) -> str:
    drum_kit_named(name)
    return name


def _form(text: str) -> str:
    form_named(text)
    return text


def _curve(points: tuple[tuple[time, float], ...]) -> tuple[tuple[time, float], ...]:
    Curve.of(points)
    return points


Instrument = Annotated[str, AfterValidator(_instrument)]
Kit = Annotated[str, AfterValidator(_kit)]
FormName = Annotated[str, AfterValidator(_form)]
# A number for the whole day, or points of a curve over it: [["07:00", 0.2], ["12:00", 0.8]].
Turn = Annotated[float, Field(ge=-1, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
Dial = Turn | Annotated[tuple[tuple[time, Turn], ...], AfterValidator(_curve)]
ShareDial = Share | Annotated[tuple[tuple[time, Share], ...], AfterValidator(_curve)]


class StripSettings(Section):
    """Where one part stands in the room."""

    level_db: float = Field(0.0, ge=-12, le=12, description="above where its balance puts it")
    pan_percent: float = Field(0.0, ge=-100, le=100, description="-100 is the left, 100 the right")
    reverb_percent: Percent = Field(20.0, description="how much of it is sent there")
    chorus_percent: Percent = Field(0.0, description="the same for the chorus")

    @property
    def strip(self) -> Strip:
        return Strip(
            pan=round(64 + self.pan_percent * 0.63),
            reverb=round(self.reverb_percent / 100 * MOST),
            chorus=round(self.chorus_percent / 100 * MOST),
            level_db=self.level_db,
        )


class MelodyStrip(StripSettings):
    pan_percent: float = Field(18.0, ge=-100, le=100)
    reverb_percent: Percent = 35.0


class BassStrip(StripSettings):
    reverb_percent: Percent = 9.0


class DrumStrip(StripSettings):
    reverb_percent: Percent = 22.0


class MixSettings(Section):
    """What a table leaves out is as it was for its part."""

    melody: MelodyStrip = MelodyStrip()
    bass: BassStrip = BassStrip()
    drums: DrumStrip = DrumStrip()

    @property
    def mix(self) -> Mix:
        return Mix(self.melody.strip, self.bass.strip, self.drums.strip)


class ShowSettings(Section):
    """A mood for a part of the day."""

    name: str = Field(min_length=1, max_length=60)
    starts: time = Field(description="local time of day, HH:MM")
    tempo_qpm: tuple[float, float] = Field((92, 112), description="slowest and fastest piece")
    temperature: float = Field(
        0.9, gt=0, le=2, description="of sampling: low is safe, high is wild"
    )
    adventure: ShareDial = Field(
        0.7, description="how far each piece goes from the last: 0 stays, 1 leaps"
    )
    energy: Dial = Field(0.0, description="-1 rests, 1 drives; a number, or points over the day")
    brightness: Dial = Field(0.0, description="-1 is low and minor, 1 high and major")
    density: Dial = Field(0.0, description="-1 has few notes, 1 many")
    forms: tuple[FormName, ...] = Field(
        ("song", "rondo", "build"), min_length=1, description="shapes of pieces, or letters: AaBA"
    )
    harmony: Literal["related", "fifths", "same"] = Field(
        "related", description="the way from a piece's key to the next one's"
    )
    bridge_bars: Literal[2, 4, 8, 16] = Field(4, description="length of the bridge to the next")
    humanize_percent: int = Field(
        70, ge=0, le=100, description="how freely it is played; 0 is strictly on the grid"
    )
    melody: tuple[Instrument, ...] = Field(
        ("Electric Piano 1", "Acoustic Guitar (nylon)", "Vibraphone", "Kalimba"),
        min_length=1,
        description="General MIDI instruments to choose from",
    )
    bass: tuple[Instrument, ...] = Field(("Electric Bass (finger)", "Acoustic Bass"), min_length=1)
    drums: tuple[Kit, ...] = Field(("Standard Kit",), min_length=1)
    mix: MixSettings = MixSettings()
    soundfont: str = Field("", description="its name in the library; empty for the station's own")


DAY = ShowSettings(name="Daylight", starts=time(7))
EVENING = ShowSettings(
    name="Golden Hour",
    starts=time(17),
    tempo_qpm=(80, 96),
    temperature=0.85,
    adventure=0.6,
    brightness=0.3,
    forms=("song", "ballad", "arch"),
    harmony="fifths",
    bridge_bars=4,
    melody=("Acoustic Grand Piano", "Marimba", "Clarinet", "Acoustic Guitar (steel)"),
    bass=("Acoustic Bass", "Fretless Bass"),
    drums=("Jazz Kit", "Room Kit"),
    mix=MixSettings(
        melody=MelodyStrip(pan_percent=15, reverb_percent=45),
        bass=BassStrip(reverb_percent=12),
        drums=DrumStrip(reverb_percent=28),
    ),
)
NIGHT = ShowSettings(
    name="Night Drive",
    starts=time(21),
    tempo_qpm=(70, 88),
    temperature=0.8,
    adventure=0.5,
    energy=-0.3,
    forms=("ballad", "drift", "arch"),
    bridge_bars=8,
    melody=("Vibraphone", "Electric Guitar (jazz)", "Orchestral Harp", "Electric Piano 2"),
    bass=("Acoustic Bass", "Fretless Bass"),
    drums=("Brush Kit", "Jazz Kit"),
    mix=MixSettings(
        melody=MelodyStrip(pan_percent=12, reverb_percent=55, chorus_percent=15),
        bass=BassStrip(reverb_percent=12),
        drums=DrumStrip(reverb_percent=35),
    ),
)
SHOWS = (DAY, EVENING, NIGHT)
