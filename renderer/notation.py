"""Notes as they are written down: values that exist, cut at bar lines, with rests between. Pure.

A part is one voice here, as a player reads it: what is struck together is a chord, and a note
that is held into the next one is written up to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generators.music import STEPS_PER_BAR, STEPS_PER_QUARTER, Note

# Where in the bar a value may begin, in steps, longest first: so that a reader sees the beats.
NOTE_VALUES: dict[int, tuple[int, ...]] = {
    16: (0,),
    12: (0, 4),
    8: (0, 4, 8),
    6: (0, 2, 8, 10),
    4: (0, 2, 4, 8, 10, 12),
    3: (0, 1, 4, 5, 8, 9, 12, 13),
    2: (0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14),
    1: tuple(range(STEPS_PER_BAR)),
}
REST_VALUES = {value: tuple(range(0, STEPS_PER_BAR, value)) for value in (16, 8, 4, 2, 1)}


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign on a staff: a note or chord, or a rest where it has no pitches."""

    start: int  # step from the start of the piece
    length: int  # steps; a value that can be written
    pitches: tuple[int, ...] = ()  # MIDI note numbers, lowest first
    velocity: int = 0  # of the loudest; 0 for a rest
    tied_back: bool = False  # it goes on sounding from the sign before
    tied_on: bool = False  # ... and into the one after


def written(notes: Sequence[Note], steps: int) -> tuple[Sign, ...]:
    """A part, from its first step to its last, without a gap."""
    return tuple(_signs(_chords(notes, steps), steps))


def written_drums(notes: Sequence[Note], steps: int) -> tuple[Sign, ...]:
    """The same for drums, whose strokes have no length: each lasts until the next in its beat."""
    chords = [
        (start, min(end, start + STEPS_PER_QUARTER - start % STEPS_PER_QUARTER), together)
        for start, end, together in _chords(
            [Note(note.start, steps, note.pitch, note.velocity) for note in notes], steps
        )
    ]
    return tuple(_signs(chords, steps))


_Chord = tuple[int, int, list[Note]]  # start and end in steps


def _chords(notes: Sequence[Note], steps: int) -> list[_Chord]:
    by_start: dict[int, list[Note]] = {}
    for note in sorted(notes):
        by_start.setdefault(note.start, []).append(note)
    starts = [*by_start, steps]
    return [
        (start, min(following, max(note.end for note in together)), together)
        for (start, together), following in zip(by_start.items(), starts[1:], strict=True)
    ]


def _signs(chords: Sequence[_Chord], steps: int) -> Iterator[Sign]:
    at = 0
    for start, end, together in chords:
        yield from (Sign(*span) for span in _spans(at, start, REST_VALUES))
        pitches = tuple(sorted({note.pitch for note in together}))
        velocity = max(note.velocity for note in together)
        for begin, length in _spans(start, end, NOTE_VALUES):
            tied_on = begin + length < end
            yield Sign(begin, length, pitches, velocity, begin > start, tied_on)
        at = end
    yield from (Sign(*span) for span in _spans(at, steps, REST_VALUES))


def _spans(start: int, end: int, values: dict[int, tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """`(start, length)` of the fewest values that fill the time, each where it may begin."""
    while start < end:
        place = start % STEPS_PER_BAR
        room = min(end - start, STEPS_PER_BAR - place)
        length = next(v for v, places in values.items() if v <= room and place in places)
        yield start, length
        start += length
