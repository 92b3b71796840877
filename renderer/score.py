"""A piece as what a synth is told, and when. Pure: frames in, frames out.

A frame here counts from the start of the piece; the player adds where the piece begins.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from generators.music import PARTS, STEPS_PER_BAR, TICKS_PER_STEP, Note, Piece, Summary
from renderer.pcm import SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Event:
    """A key goes down or comes up."""

    frame: int  # from the start of the piece
    part: str  # one of PARTS
    pitch: int  # MIDI note number
    velocity: int  # 1..127; 0 lets go of the key
    written: int = field(default=0, compare=False)  # frame of the step that its note stands on


@dataclass(frozen=True, slots=True, order=True)
class Stroke:
    """A note as it is played, microtiming and all."""

    start: int  # tick from the start of the piece
    end: int  # tick, later than the start
    pitch: int
    velocity: int
    step: int = field(default=0, compare=False)  # that the note stands on


def events(piece: Piece, sample_rate_hz: int = SAMPLE_RATE_HZ) -> tuple[Event, ...]:
    """Every key of the piece, in time; on one frame keys come up before others go down."""

    @functools.cache
    def frame_at(tick: int) -> int:
        return round(piece.seconds_at(tick / TICKS_PER_STEP) * sample_rate_hz)

    found: list[Event] = []
    for part in PARTS:
        notes: Sequence[Note] = getattr(piece.trio, part)
        if part == "drums":  # a drum rings by itself: one step is enough, and rolls stay clear
            notes = [replace(note, end=note.start + 1) for note in notes]
        for stroke in strokes(notes, piece.trio.steps):
            written = frame_at(stroke.step * TICKS_PER_STEP)
            for tick, velocity in ((stroke.start, stroke.velocity), (stroke.end, 0)):
                found.append(Event(frame_at(tick), part, stroke.pitch, velocity, written))
    return tuple(sorted(found, key=lambda event: (event.frame, event.velocity > 0)))


def strokes(notes: Sequence[Note], steps: int) -> list[Stroke]:
    """The notes of a part where they are struck, in time, all within the part's `steps`.

    A note is let go when the one that follows it is struck, early or late: a line stays as
    legato as it was written. A key is up before it goes down again; of two strokes of one key at
    one moment, the louder stays.
    """
    offsets: dict[int, int] = {}  # by step, of the first note struck there
    for note in notes:
        offsets[note.start] = min(note.offset_ticks, offsets.get(note.start, note.offset_ticks))
    played = []
    for note in notes:
        start = max(0, note.start * TICKS_PER_STEP + note.offset_ticks)
        end = note.end * TICKS_PER_STEP + offsets.get(note.end, note.offset_ticks)
        end = max(start + 1, min(end, steps * TICKS_PER_STEP))
        played.append(Stroke(start, end, note.pitch, note.velocity, note.start))
    played.sort(key=lambda stroke: (stroke.start, stroke.velocity))
    clear: list[Stroke] = []
    again: dict[int, int] = {}  # by key, when it goes down next
    for stroke in reversed(played):
        next_start = again.get(stroke.pitch, stroke.end)
        if next_start > stroke.start:
            clear.append(replace(stroke, end=min(stroke.end, next_start)))
            again[stroke.pitch] = stroke.start
    return sorted(clear)


def frames_of(piece: Piece | Summary, sample_rate_hz: int = SAMPLE_RATE_HZ) -> int:
    """How long the piece lasts: where the next one begins."""
    return round(piece.seconds * sample_rate_hz)


def bar_frames(piece: Piece, sample_rate_hz: int = SAMPLE_RATE_HZ) -> tuple[int, ...]:
    """Where each bar begins; the first at 0."""
    bars = range(0, piece.trio.steps, STEPS_PER_BAR)
    return tuple(round(piece.seconds_at(step) * sample_rate_hz) for step in bars)
