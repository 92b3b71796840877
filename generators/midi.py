"""MIDI files into runs of plain 4/4, every track quantised to sixteenths.

Notes are placed by ticks, not by seconds, so a change of tempo does not move them off the grid.
"""

from __future__ import annotations

import io
import math

import pretty_midi

from generators.errors import MidiError
from generators.events import bars
from generators.music import STEPS_PER_BAR, STEPS_PER_QUARTER, Note
from generators.runs import OFF_GRID_STEPS, Run, Track

BASS_PROGRAMS = range(32, 40)
NOT_MELODIC = frozenset({47, *range(112, 128)})  # timpani, percussion, sound effects


def read_runs(data: bytes) -> list[Run]:
    """Every stretch of 4/4 (or 2/2, 8/8: any bar of 16 sixteenths) in a MIDI file.

    Raises:
        MidiError: the bytes are not a MIDI file that can be read.
    """
    try:
        midi = pretty_midi.PrettyMIDI(io.BytesIO(_mended(data)))
    except Exception as error:  # mido raises whatever a byte makes it raise
        raise MidiError(f"not a readable MIDI file: {error!r}") from error
    return [run for start, end in _spans(midi) if (run := _run(midi, start, end)) is not None]


def _mended(data: bytes) -> bytes:
    """The file with impossible key signatures made C major: strict readers refuse them."""
    mended = bytearray(data)
    at = mended.find(b"\xff\x59\x02")
    while at >= 0:
        sharps, mode = mended[at + 3 : at + 5]
        if not (sharps <= 7 or sharps >= 249) or mode > 1:
            mended[at + 3 : at + 5] = b"\0\0"
        at = mended.find(b"\xff\x59\x02", at + 5)
    return bytes(mended)


def _spans(midi: pretty_midi.PrettyMIDI) -> list[tuple[float, float]]:
    """Start and end ticks of each stretch whose bars have 16 sixteenths."""
    metres = [(0, 4, 4)] + [
        (midi.time_to_tick(m.time), m.numerator, m.denominator) for m in midi.time_signature_changes
    ]
    ends = [tick for tick, _, _ in metres[1:]] + [math.inf]
    return [
        (start, end)
        for (start, numerator, denominator), end in zip(metres, ends, strict=True)
        if start < end and numerator == denominator
    ]


def _run(midi: pretty_midi.PrettyMIDI, start_tick: float, end_tick: float) -> Run | None:
    ticks_per_step = midi.resolution / STEPS_PER_QUARTER
    tracks, off_grid, total, last = [], 0, 0, 0
    for instrument in midi.instruments:
        kind = _kind(instrument)
        if kind is None:
            continue
        notes = []
        for note in instrument.notes:
            tick = midi.time_to_tick(note.start)
            if not start_tick <= tick < end_tick or not note.velocity:
                continue
            exact = (tick - start_tick) / ticks_per_step
            start = math.floor(exact + 0.5)
            length = (midi.time_to_tick(note.end) - tick) / ticks_per_step
            end = max(start + 1, math.floor(exact + length + 0.5))
            notes.append(Note(start, end, note.pitch, note.velocity))
            off_grid += abs(exact - start) > OFF_GRID_STEPS
            last = max(last, start + 1)
        total += len(notes)
        if notes:
            tracks.append(
                Track(kind, instrument.program, tuple(sorted(notes)), str(instrument.name))
            )
    if not tracks:
        return None
    return Run(bars(last) * STEPS_PER_BAR, tuple(tracks), off_grid / total)


def _kind(instrument: pretty_midi.Instrument) -> str | None:
    if instrument.is_drum:
        return "drums"
    if instrument.program in BASS_PROGRAMS:
        return "bass"
    return None if instrument.program in NOT_MELODIC else "melody"
