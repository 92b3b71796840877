"""The values of music: what the generators make and every later room reads.

Time inside a piece is counted in steps. One step is a sixteenth note: 4 to a quarter,
16 to a bar of 4/4. Seconds exist only through a piece's tempo.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np

STEPS_PER_QUARTER = 4
STEPS_PER_BAR = 16
TICKS_PER_STEP = 120  # as MIDI files count: 480 a quarter
MOST_OFFSET_TICKS = TICKS_PER_STEP // 2

Origin = Literal["sampled", "bridge", "pattern"]
PARTS = ("melody", "bass", "drums")


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note, in steps from the start of its piece."""

    start: int  # step, inclusive
    end: int  # step, exclusive
    pitch: int  # MIDI note number, 0..127
    velocity: int = 80  # 1..127
    offset_ticks: int = 0  # struck this much after its step: microtiming, half a step at most

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a note must end after it starts: {self.start}..{self.end}")
        if not 0 <= self.pitch <= 127:
            raise ValueError(f"pitch must be in 0..127, not {self.pitch}")
        if not 1 <= self.velocity <= 127:
            raise ValueError(f"velocity must be in 1..127, not {self.velocity}")
        if not -MOST_OFFSET_TICKS <= self.offset_ticks <= MOST_OFFSET_TICKS:
            raise ValueError(f"a note is struck half a step off at most, not {self.offset_ticks}")


@dataclass(frozen=True, slots=True)
class Trio:
    """Three parts that sound together for `steps` steps."""

    melody: tuple[Note, ...]
    bass: tuple[Note, ...]
    drums: tuple[Note, ...]
    steps: int  # a whole number of bars

    def __post_init__(self) -> None:
        if self.steps <= 0 or self.steps % STEPS_PER_BAR:
            raise ValueError(f"a trio lasts whole bars of {STEPS_PER_BAR} steps, not {self.steps}")
        for part in PARTS:
            late = [note for note in getattr(self, part) if note.end > self.steps]
            if late:
                raise ValueError(f"{part}: {late[0]} ends after step {self.steps}")


@dataclass(frozen=True, slots=True)
class Bar:
    """Where one bar of a piece lies in latent space, and how it is sung.

    Bars with equal fields sound equal: that is how a section returns.
    """

    start: int  # index into the piece's latents
    end: int  # the latent walked towards; equal to `start` inside a section
    t: float  # how far along the great circle from start to end, 0..1
    place: int  # which of the model's own bars, from 0
    take: int = 0  # which stream of the piece's noise to sample with
    transpose: int = 0  # semitones
    rests: str = ""  # initials of the parts that are silent: "d", "mb"
    fill: bool = False  # the drums lead over into what follows


@dataclass(frozen=True, slots=True)
class Strip:
    """Where one part stands in the room. Controller values, 0..127."""

    pan: int = 64  # 0 is the left, 127 the right
    reverb: int = 24  # how much of it is sent there
    chorus: int = 0
    level_db: float = 0.0  # above where the balance of loudness puts it


@dataclass(frozen=True, slots=True)
class Mix:
    """A strip for each part."""

    melody: Strip = Strip(pan=76, reverb=44)
    bass: Strip = Strip(reverb=12)
    drums: Strip = Strip(reverb=28)


@dataclass(frozen=True, slots=True)
class Instruments:
    """What plays: General MIDI programs, 0..127, a drum kit number, and where they stand."""

    melody: int = 0
    bass: int = 33
    drum_kit: int = 0
    soundfont: str = ""  # its name in the library; empty for the station's own
    mix: Mix = Mix()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the critic made of a piece, and of the candidates it was chosen from."""

    total: float  # 0..1
    terms: Mapping[str, float]  # the marks behind it, each 0..1: see generators.critic
    candidates: int = 1  # sampled for its place, itself with them
    # How many of the others were turned down for which term: the one each fell behind most in.
    rejected: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Piece:
    """A trio with all that is needed to play it again and to say where it came from."""

    id: str  # the hash of everything below but `created` and `verdict`: see generators.recipe
    title: str
    trio: Trio
    origin: Origin
    tempo_qpm: float  # quarter notes a minute at the first step
    tempo_end_qpm: float  # ... and at the last; the tempo glides in a straight line
    key: str  # "A minor"
    instruments: Instruments
    show: str  # the show it was composed for
    form: str  # section letters, one a section: "AABA"
    bars: tuple[Bar, ...]  # one a bar; empty when no model made it
    seed: int  # of the noise, 0..2**63 - 1
    temperature: float
    parents: tuple[str, ...]  # ids: a bridge has two
    model: str  # name of the model, or of the rule that made it
    weights_sha256: str  # of the model's weights; empty when no model made it
    created: datetime  # UTC
    latents: np.ndarray = field(repr=False, compare=False)  # float32, (n, z_size)
    leaving: Instruments | None = None  # a bridge's: what plays when it begins, and fades
    humanize_percent: int = 0  # how freely it is played: 0 by rule, 100 as the groove model says
    groove_sha256: str = ""  # of that model's weights; empty where it played no drums
    # Whose rules and arithmetic the notes come from, "1 cpu float32": see generators.recipe.
    # Empty in pieces from before it was told.
    composer: str = ""
    # None where nothing was chosen: bridges, patterns, and pieces from before there were verdicts.
    verdict: Verdict | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.tempo_qpm <= 0 or self.tempo_end_qpm <= 0:
            raise ValueError("tempo must be above 0 quarter notes a minute")
        if not 0 <= self.humanize_percent <= 100:
            raise ValueError(f"humanize_percent is 0 to 100, not {self.humanize_percent}")
        if self.bars and len(self.bars) * STEPS_PER_BAR != self.trio.steps:
            raise ValueError(f"{len(self.bars)} bars planned, {self.trio.steps} steps decoded")

    @property
    def steps(self) -> int:
        return self.trio.steps

    def seconds_at(self, step: float) -> float:
        """Seconds from the piece's start to `step`."""
        return _glided_seconds(step, self.trio.steps, self.tempo_qpm, self.tempo_end_qpm)

    @property
    def seconds(self) -> float:
        return self.seconds_at(self.trio.steps)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list shows of a piece: its fields of the same names, without the notes.

    A page of the archive has twenty pieces, and to unpack their ten thousand notes would take
    twenty times as long as all the rest.
    """

    id: str
    title: str
    steps: int
    origin: Origin
    tempo_qpm: float
    tempo_end_qpm: float
    key: str
    instruments: Instruments
    show: str
    form: str
    seed: int
    temperature: float
    parents: tuple[str, ...]
    model: str
    weights_sha256: str
    created: datetime  # UTC

    @property
    def seconds(self) -> float:
        return _glided_seconds(self.steps, self.steps, self.tempo_qpm, self.tempo_end_qpm)


def _glided_seconds(step: float, steps: int, tempo_qpm: float, tempo_end_qpm: float) -> float:
    """From the start to `step`, while the tempo glides over all `steps`.

    It is q(s) = q0 + k s, so the time is the integral of 15 / q(s): 15 / k ln(q(s) / q0), or
    15 s / q0 where the tempo holds still.
    """
    glide = (tempo_end_qpm - tempo_qpm) / steps
    seconds_qpm = 60 / STEPS_PER_QUARTER
    if abs(glide) < 1e-9:
        return seconds_qpm * step / tempo_qpm
    return seconds_qpm / glide * math.log1p(glide * step / tempo_qpm)
