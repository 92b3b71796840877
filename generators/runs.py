"""What every reader of files gives: runs of plain 4/4, each track quantised to sixteenths."""

from __future__ import annotations

from dataclasses import dataclass

from generators.music import Note

OFF_GRID_STEPS = 0.2  # a note further than this from a sixteenth is off the grid
MOST_OFF_GRID = 0.5  # a run with more such notes than this is in triplets or unquantised


@dataclass(frozen=True, slots=True)
class Track:
    """One instrument's notes, in steps from the start of its run."""

    kind: str  # "melody", "bass", "drums", or "harmony": heard when chords are inferred, no more
    program: int
    notes: tuple[Note, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class ChordSymbol:
    """A chord that is written in the file; it lasts until the next."""

    step: int  # from the start of its run
    chord: int  # see generators.chords; NO_CHORD where the file says that there is none


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one file in 4/4."""

    steps: int  # whole bars
    tracks: tuple[Track, ...]
    off_grid: float  # share of notes off the grid, 0..1
    chords: tuple[ChordSymbol, ...] = ()

    @property
    def on_the_grid(self) -> bool:
        return self.off_grid <= MOST_OFF_GRID
