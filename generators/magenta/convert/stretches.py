"""A MIDI file cut where its tempo or metre changes, its notes quantised to sixteenths by seconds.

This is note_seq's way, which the published models were trained with; generators.midi has ours, by
ticks. The order of notes is kept as pretty_midi reads them: it decides between equal notes.

Source: note_seq's midi_io, split_note_sequence_on_time_changes and quantize_note_sequence.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pretty_midi

from generators.errors import MidiError
from generators.events import bars
from generators.music import STEPS_PER_QUARTER, Note

T = TypeVar("T")

MOST_INSTRUMENTS = 128  # note_seq numbers them 0..127 and leaves the others out of trios
_DEFAULT_METRE = (4, 4)
_DEFAULT_QPM = 120.0


@dataclass(frozen=True, slots=True)
class Instrument:
    """One entry of pretty_midi's list, and its notes in steps from the start of the stretch."""

    program: int
    is_drum: bool
    notes: tuple[Note, ...]  # by start in seconds
    early: tuple[float, ...]  # steps that each starts before its step; negative: after


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a file in one tempo and one metre."""

    start_seconds: float  # in the file
    qpm: float
    metre: tuple[int, int]
    instruments: tuple[Instrument, ...]  # all of the file's, with or without notes here

    @property
    def bars(self) -> int:
        """Bars that hold every note."""
        ends = [note.end for instrument in self.instruments for note in instrument.notes]
        return bars(max(ends, default=0))

    @property
    def fits(self) -> bool:
        """Whether a bar is 16 sixteenths: 4/4, 2/2, 8/8, and no metre that cannot be."""
        numerator, denominator = self.metre
        return numerator == denominator > 0 and denominator.bit_count() == 1


def open_midi(path: Path) -> pretty_midi.PrettyMIDI:
    """Read a MIDI file.

    Raises:
        MidiError: it is not there, or not a MIDI file that can be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MidiError(f"cannot read {path}: {error.strerror}") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tempo changes outside the first track are read too
            return pretty_midi.PrettyMIDI(io.BytesIO(data))
    except Exception as error:  # mido raises whatever a byte makes it raise
        raise MidiError(f"{path} is not a readable MIDI file: {error!r}") from error


def stretches(midi: pretty_midi.PrettyMIDI) -> list[Stretch]:
    """The stretches of a file that have notes, in order."""
    end = max((n.end for instrument in midi.instruments for n in instrument.notes), default=0.0)
    metres = [(m.time, (m.numerator, m.denominator)) for m in midi.time_signature_changes]
    tempos = [(float(t), float(qpm)) for t, qpm in zip(*midi.get_tempo_changes(), strict=True)]
    cuts = {0.0, *_changes(metres, _DEFAULT_METRE), *_changes(tempos, _DEFAULT_QPM)}
    spans = pairwise([*sorted(cut for cut in cuts if cut < end), math.inf])
    found = [
        Stretch(
            start,
            _at(tempos, start, _DEFAULT_QPM),
            _at(metres, start, _DEFAULT_METRE),
            tuple(
                _cut(each, start, stop, _at(tempos, start, _DEFAULT_QPM))
                for each in midi.instruments
            ),
        )
        for start, stop in spans
    ]
    return [stretch for stretch in found if stretch.bars]


def _changes(events: Iterable[tuple[float, T]], current: T) -> Iterator[float]:
    for time, value in sorted(events, key=_time):
        if value != current:
            yield time
        current = value


def _at(events: Iterable[tuple[float, T]], seconds: float, default: T) -> T:
    """What holds at `seconds`: the last of the events until then."""
    for time, value in sorted(events, key=_time):
        if time <= seconds:
            default = value
    return default


def _time(event: tuple[float, object]) -> float:
    return event[0]


def _cut(instrument: pretty_midi.Instrument, start: float, stop: float, qpm: float) -> Instrument:
    """The notes that start in a stretch; one that rings over its end is shortened."""
    steps_per_second = STEPS_PER_QUARTER * qpm / 60
    notes, early = [], []
    for note in sorted(instrument.notes, key=lambda note: note.start):
        if start <= note.start < stop:
            exact = (note.start - start) * steps_per_second
            first = int(exact + 0.5)
            last = int((min(note.end, stop) - start) * steps_per_second + 0.5)
            notes.append(Note(first, max(last, first + 1), note.pitch, note.velocity))
            early.append(first - exact)
    return Instrument(instrument.program, instrument.is_drum, tuple(notes), tuple(early))
