"""A small Groove MIDI Dataset: drummers who all play one rock beat, each in their own time."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pretty_midi

from generators.groove.performances import side_of

KICK, SNARE, CLOSED_HAT = 36, 38, 42
STEP_SECONDS = 0.125  # at 120 quarter notes a minute
LATE_SECONDS = 0.02  # every snare
VELOCITY = {KICK: 100, SNARE: 115, CLOSED_HAT: 50}


def rock(bars: int) -> list[tuple[int, int]]:
    """(step, pitch) of every hit."""
    one = [(step, CLOSED_HAT) for step in range(0, 16, 2)]
    one += [(0, KICK), (8, KICK), (4, SNARE), (12, SNARE)]
    return sorted((16 * bar + step, pitch) for bar in range(bars) for step, pitch in one)


def write_performance(
    path: Path, hits: list[tuple[int, int]], *, lag_seconds: float = 0.0, first_pitch: int = 0
) -> None:
    """`first_pitch` replaces the first hit's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    midi = pretty_midi.PrettyMIDI(initial_tempo=120)
    midi.time_signature_changes.append(pretty_midi.TimeSignature(4, 4, 0))
    kit = pretty_midi.Instrument(0, is_drum=True)
    for step, pitch in hits:
        start = lag_seconds + step * STEP_SECONDS + (LATE_SECONDS if pitch == SNARE else 0)
        kit.notes.append(pretty_midi.Note(VELOCITY.get(pitch, 80), pitch, start, start + 0.1))
    if first_pitch:
        kit.notes[0].pitch = first_pitch
    midi.instruments.append(kit)
    midi.write(str(path))


def write_dataset(folder: Path, bars: int = 4, lag_seconds: float = 0.0) -> Path:
    """Two recordings for each side of the split."""
    wanted = {"train": 2, "validation": 2}
    for number in count():
        name = f"drummer1/session1/{number}_rock_120_beat_4-4.mid"
        if wanted[side_of(name)]:
            wanted[side_of(name)] -= 1
            write_performance(folder / name, rock(bars), lag_seconds=lag_seconds)
        if not any(wanted.values()):
            break
    for drummer in (1, 2):
        name = f"drummer{drummer}/eval_session/1_rock_120_beat_4-4.mid"
        write_performance(folder / name, rock(bars), lag_seconds=lag_seconds)
    return folder
