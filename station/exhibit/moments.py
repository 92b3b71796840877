"""What there is to tell of the music while it sounds, and in which block of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from generators.music import Piece
from renderer.pcm import Start

PULSES_PER_QUARTER = 24  # as MIDI clocks count


@dataclass(frozen=True, slots=True)
class Passage:
    """A block of the programme that was just made, and the pieces in it."""

    position: int  # of its first frame
    frames: int
    starts: tuple[Start, ...]  # of the pieces that begin in it, in order
    begins: int  # position where the piece that the player is at begins; beyond the block, maybe
    ends: int  # ... and where that one ends, unless it is cut or skipped later


@dataclass(frozen=True, slots=True)
class PieceBegins:
    piece: Piece


@dataclass(frozen=True, slots=True)
class BarBegins:
    number: int  # from 1
    tempo_qpm: float


@dataclass(frozen=True, slots=True)
class Beat:
    bar: int  # from 1
    number: int  # in the bar, 1 to 4
    tempo_qpm: float


@dataclass(frozen=True, slots=True)
class Pulse:
    """A 24th of a quarter note."""

    number: int  # from 0, where the piece begins


@dataclass(frozen=True, slots=True)
class KeyDown:
    """A note is struck."""

    part: str  # one of PARTS
    pitch: int  # MIDI note number
    velocity: int  # 1..127
    seconds: float  # that it is meant to last


@dataclass(frozen=True, slots=True)
class KeyUp:
    part: str
    pitch: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing sounds, and nobody knows yet when it goes on: let go of everything."""


Moment: TypeAlias = PieceBegins | BarBegins | Beat | Pulse | KeyDown | KeyUp | Rest
