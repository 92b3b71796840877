"""Measures of a score into runs of plain 4/4.

Music is read straight through: repeats are not played twice. A measure that is too short (an
upbeat) stands before the next barline; where barlines fall out of step, a new run begins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from generators.events import bars
from generators.music import STEPS_PER_BAR, STEPS_PER_QUARTER, Note
from generators.runs import OFF_GRID_STEPS, ChordSymbol, Run, Track

NEAR_THE_BASS = 4  # semitones above the lowest note of its half bar: what lies higher is figuration
_NEARLY = 1e-3  # quarters


@dataclass(frozen=True, slots=True, order=True)
class Sound:
    """One note as it is written, in quarters from the start of its measure."""

    start: float
    quarters: float
    pitch: int  # MIDI note number
    is_struck: bool = True  # False where a tie holds it


@dataclass(slots=True)
class Measure:
    quarters: float  # as long as it is
    bar_quarters: float  # as long as its metre says
    is_common: bool  # a bar of 16 sixteenths
    sounds: list[Sound] = field(default_factory=list)
    chords: list[tuple[float, int]] = field(default_factory=list)  # quarters from its start, chord

    @property
    def is_full(self) -> bool:
        return math.isclose(self.quarters, self.bar_quarters, abs_tol=_NEARLY)


@dataclass(slots=True)
class Part:
    kind: str  # as of a Track; "bass" is a pianist's left hand
    program: int
    measures: list[Measure]


def runs_of(parts: Sequence[Part]) -> list[Run]:
    """Every stretch of 4/4. All parts have the barlines of the first."""
    spans = _spans(parts[0].measures) if parts else []
    return [run for span in spans if (run := _run(parts, span)) is not None]


def _spans(measures: Sequence[Measure]) -> list[list[tuple[int, float]]]:
    """Runs of (measure, where it starts in quarters), cut where metre or barlines fall out."""
    spans: list[list[tuple[int, float]]] = []
    at, is_open = 0.0, False
    for number, measure in enumerate(measures):
        if not measure.is_common or measure.quarters > measure.bar_quarters + _NEARLY:
            is_open = False
            continue
        beyond = at % measure.bar_quarters
        in_step = min(beyond, measure.bar_quarters - beyond) < _NEARLY
        if not is_open or (measure.is_full and not in_step):
            spans.append([])
            at = measure.bar_quarters - measure.quarters  # of an upbeat, the rest before it
            is_open = True
        spans[-1].append((number, at))
        at += measure.quarters
    return spans


def _run(parts: Sequence[Part], span: Sequence[tuple[int, float]]) -> Run | None:
    tracks: list[Track] = []
    chords: list[ChordSymbol] = []
    struck: list[float] = []  # steps, exactly, of what a trio would be made of
    for part in parts:
        notes, exact = _notes(part, span)
        chords += _chords(part, span)
        if part.kind != "harmony":
            struck += exact
        if part.kind == "bass":
            tracks.append(Track("harmony", part.program, tuple(sorted(notes))))
            notes = lowest(notes)
        if notes:
            tracks.append(Track(part.kind, part.program, tuple(sorted(notes))))
    if not struck:
        return None
    off_grid = sum(abs(step - math.floor(step + 0.5)) > OFF_GRID_STEPS for step in struck)
    steps = bars(math.floor(max(struck) + 0.5) + 1) * STEPS_PER_BAR
    return Run(steps, tuple(tracks), off_grid / len(struck), tuple(chords))


def _notes(part: Part, span: Sequence[tuple[int, float]]) -> tuple[list[Note], list[float]]:
    """A part's notes, ties joined, and where exactly each is struck, in steps."""
    notes: list[Note] = []
    exact: list[float] = []
    latest: dict[int, int] = {}  # pitch: index of its latest note
    for number, start in span:
        if number >= len(part.measures):
            break
        for sound in sorted(part.measures[number].sounds):
            at = (start + sound.start) * STEPS_PER_QUARTER
            step = math.floor(at + 0.5)
            end = max(step + 1, math.floor(at + sound.quarters * STEPS_PER_QUARTER + 0.5))
            if not sound.is_struck and sound.pitch in latest:
                held = notes[latest[sound.pitch]]
                notes[latest[sound.pitch]] = Note(held.start, max(held.end, end), sound.pitch)
                continue
            latest[sound.pitch] = len(notes)
            notes.append(Note(step, end, sound.pitch))
            exact.append(at)
    return notes, exact


def _chords(part: Part, span: Sequence[tuple[int, float]]) -> list[ChordSymbol]:
    return [
        ChordSymbol(math.floor((start + offset) * STEPS_PER_QUARTER + 0.5), chord)
        for number, start in span
        if number < len(part.measures)
        for offset, chord in part.measures[number].chords
    ]


def lowest(notes: Sequence[Note]) -> list[Note]:
    """The bass in a pianist's left hand: the lowest of each stroke, without what breaks above."""
    half = STEPS_PER_BAR // 2
    floor: dict[int, int] = {}
    for note in notes:
        floor[note.start // half] = min(note.pitch, floor.get(note.start // half, 128))
    kept: dict[int, Note] = {}
    for note in notes:
        is_low = note.pitch <= floor[note.start // half] + NEAR_THE_BASS
        if is_low and (note.start not in kept or note.pitch < kept[note.start].pitch):
            kept[note.start] = note
    return [kept[start] for start in sorted(kept)]
