"""A piece as what a synth is told, and when. Pure: frames in, frames out.

A frame here counts from the start of the piece; the player adds where the piece begins.
"""

from __future__ import annotations

from dataclasses import dataclass

from generators.music import PARTS, STEPS_PER_BAR, Piece
from renderer.pcm import SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Event:
    """A key goes down or comes up."""

    frame: int  # from the start of the piece
    part: str  # one of PARTS
    pitch: int  # MIDI note number
    velocity: int  # 1..127; 0 lets go of the key


def events(piece: Piece, sample_rate_hz: int = SAMPLE_RATE_HZ) -> tuple[Event, ...]:
    """Every key of the piece, in time; on one frame keys come up before others go down."""
    frames = _step_frames(piece, sample_rate_hz)
    found: list[Event] = []
    for part in PARTS:
        for note in getattr(piece.trio, part):
            # A drum rings by itself: one step is enough, and rolls stay clear.
            end = note.start + 1 if part == "drums" else note.end
            found.append(Event(frames[note.start], part, note.pitch, note.velocity))
            found.append(Event(frames[end], part, note.pitch, 0))
    return tuple(sorted(found, key=lambda event: (event.frame, event.velocity > 0)))


def frames_of(piece: Piece, sample_rate_hz: int = SAMPLE_RATE_HZ) -> int:
    """How long the piece lasts: where the next one begins."""
    return round(piece.seconds * sample_rate_hz)


def bar_frames(piece: Piece, sample_rate_hz: int = SAMPLE_RATE_HZ) -> tuple[int, ...]:
    """Where each bar begins; the first at 0."""
    bars = range(0, piece.trio.steps, STEPS_PER_BAR)
    return tuple(round(piece.seconds_at(step) * sample_rate_hz) for step in bars)


def _step_frames(piece: Piece, sample_rate_hz: int) -> list[int]:
    steps = range(piece.trio.steps + 1)
    return [round(piece.seconds_at(step) * sample_rate_hz) for step in steps]
