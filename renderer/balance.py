"""How loud each part of a piece is played, so that all are heard and the whole stays level.

A part's volume goes out as MIDI controller 7, and a make-up gain for each half of a bar as
controller 11 (expression), the same for every part. FluidSynth takes both as
gain = (value / 127) ** 2. Where the figures come from is in docs/sound.md.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from generators.music import PARTS, Instruments, Note, Piece
from renderer.forecast import clearance_db, part_power
from renderer.mastering import GAIN_DB, OUT_LUFS
from renderer.mix import programs
from renderer.trims import LEAST_DB, MOST_DB, TRIMS_A_BAR, trims_db
from renderer.typical import typical_voice
from renderer.voices import EXPRESSION_0_DB as EXPRESSION_0_DB  # a balance is read with it
from renderer.voices import TAP_SLOTS, Voice, loudness_lufs

BAR_LUFS = OUT_LUFS - GAIN_DB  # of a bar, before mastering

# Eighth notes at velocity 80 are brought here, before mastering. With all three at work that is
# 2 to 3 dB above BAR_LUFS, and trims have as much more to give where one of them rests.
PART_LUFS = {"melody": -37.5, "bass": -40.0, "drums": -42.0}
VELOCITY = 80
# A standard beat, to weigh a kit by: how often a bar each is hit, in two seconds.
BEAT = {36: 2, 38: 2, 42: 8}
BEAT_EIGHTHS = 8

CLEAR_DB = 0.0  # the melody against bass and drums, in its own octaves ...
CLEAR_SHARE = 0.8  # ... for this much of the time it sounds
LIFT_MOST_DB = 4.0

VoiceOf = Callable[[Instruments, str], Voice]  # of one part


@dataclass(frozen=True, slots=True)
class Balance:
    """Where the faders stand for one piece."""

    volumes: Mapping[str, int]  # controller 7, by part
    leaving: Mapping[str, int] = field(default_factory=dict)  # of a bridge's leaving instruments
    trims_db: tuple[float, ...] = ()  # make-up gain, one for each half of a bar: -20..+10

    def __post_init__(self) -> None:
        for volume in (*self.volumes.values(), *self.leaving.values()):
            if not 0 <= volume <= 127:
                raise ValueError(f"a volume is 0..127, not {volume}")
        for trim_db in self.trims_db:
            if not LEAST_DB <= trim_db <= MOST_DB:
                raise ValueError(f"a trim is {LEAST_DB}..{MOST_DB} dB, not {trim_db}")

    def excerpt(self, bars: slice) -> Balance:
        """Of some bars of the piece."""
        by_bar = np.reshape(self.trims_db, (-1, TRIMS_A_BAR))
        return replace(self, trims_db=tuple(by_bar[bars].ravel().tolist()))


def plain_balance(piece: Piece) -> Balance:
    """At once, from tables alone: typical levels by General MIDI family."""
    return balanced(
        piece, lambda instruments, part: typical_voice(part, programs(instruments)[part])
    )


def balanced(
    piece: Piece, voice_of: VoiceOf, heard: Callable[[Balance], np.ndarray] | None = None
) -> Balance:
    """The faders that the voices ask for, and the gains that the sound asks for.

    `heard` gives the power of the piece, (slots, BANDS), with its faders so; else it is forecast.
    """
    entering = _Band(piece, piece.instruments, voice_of)
    leaving = _Band(piece, piece.leaving, voice_of) if piece.leaving else None
    faders = Balance(entering.volumes, leaving.volumes if leaving else {})
    power = heard(faders) if heard else _forecast(entering, leaving)
    return replace(faders, trims_db=trims_db(piece, power, BAR_LUFS))


def _forecast(entering: _Band, leaving: _Band | None) -> np.ndarray:
    """Of a bridge as the player fades it: powers add up to one."""
    if leaving is None:
        return entering.power
    gone = np.linspace(0.0, 1.0, len(entering.power))[:, None]
    power = entering.power * np.sin(np.pi / 2 * gone) ** 2
    return np.asarray(power + leaving.power * np.cos(np.pi / 2 * gone) ** 2)


class _Band:
    """One set of instruments playing a piece: its volumes, and the power that comes of it."""

    def __init__(self, piece: Piece, instruments: Instruments, voice_of: VoiceOf) -> None:
        self.volumes: dict[str, int] = {}
        powers: dict[str, np.ndarray] = {}
        for part in reversed(PARTS):  # the melody last: it is set against the others
            notes: tuple[Note, ...] = getattr(piece.trio, part)
            voice = voice_of(instruments, part)
            gain_db = PART_LUFS[part] - _level_lufs(voice, part, notes)
            gain_db += getattr(instruments.mix, part).level_db
            played = part_power(piece, notes, voice)
            if part == "melody":
                gain_db += lift_db(played * 10 ** (gain_db / 10), sum(powers.values(), np.zeros(1)))
            self.volumes[part] = volume(gain_db)
            powers[part] = played * (self.volumes[part] / 127) ** 4
        self.power: np.ndarray = sum(powers.values(), np.zeros(1))


def lift_db(melody: np.ndarray, others: np.ndarray) -> float:
    """What the melody needs to stand clear: powers (slots, BANDS), 0..LIFT_MOST_DB out."""
    clear = clearance_db(melody, others)
    if len(clear) == 0:
        return 0.0
    missing_db = CLEAR_DB - float(np.quantile(clear, 1 - CLEAR_SHARE))
    return float(np.clip(missing_db, 0.0, LIFT_MOST_DB))


def volume(gain_db: float) -> int:
    """Controller 7 for a gain; 127 is 0 dB, and all it can."""
    return int(np.clip(round(127 * 10 ** (gain_db / 40)), 1, 127))


def _level_lufs(voice: Voice, part: str, notes: tuple[Note, ...]) -> float:
    """How loud an instrument is at velocity 80 where the part lies."""
    softer_db = 40 * math.log10(127 / VELOCITY)
    if part == "drums":
        beat = sum(often * float(voice.sound(pitch, 1).sum()) for pitch, often in BEAT.items())
        return loudness_lufs(beat / (BEAT_EIGHTHS * TAP_SLOTS)) - softer_db
    level = functools.cache(voice.level_lufs)
    pitches = [note.pitch for note in notes] or [60 if part == "melody" else 40]
    return float(np.mean([level(pitch) for pitch in pitches])) - softer_db
