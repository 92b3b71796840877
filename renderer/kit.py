"""Where the drums of a kit stand on a staff, as drummers read them.

Source: Weinberg, "Guidelines for Drumset Notation", Percussive Notes 32 (1994).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drum:
    """One place on the staff. What is played there stands in General MIDI under `pitch`."""

    name: str
    pitch: int  # General MIDI percussion key
    step: str  # as if the clef were a treble clef
    octave: int
    notehead: str = "normal"  # as MusicXML names it


KICK = Drum("Bass Drum", 36, "F", 4)
SNARE = Drum("Snare Drum", 38, "C", 5)
LOW_TOM = Drum("Low Tom", 45, "A", 4)
MID_TOM = Drum("Mid Tom", 48, "D", 5)
HIGH_TOM = Drum("High Tom", 50, "E", 5)
CLOSED_HAT = Drum("Closed Hi-hat", 42, "G", 5, "x")
OPEN_HAT = Drum("Open Hi-hat", 46, "G", 5, "circle-x")
CRASH = Drum("Crash Cymbal", 49, "A", 5, "x")
RIDE = Drum("Ride Cymbal", 51, "F", 5, "x")
OTHER = Drum("Percussion", 54, "B", 4, "diamond")

DRUMS = (KICK, SNARE, LOW_TOM, MID_TOM, HIGH_TOM, CLOSED_HAT, OPEN_HAT, CRASH, RIDE, OTHER)
_BY_PITCH = {
    **dict.fromkeys((35, 36), KICK),
    **dict.fromkeys((37, 38, 39, 40), SNARE),
    **dict.fromkeys((41, 43, 45), LOW_TOM),
    **dict.fromkeys((47, 48), MID_TOM),
    50: HIGH_TOM,
    **dict.fromkeys((42, 44), CLOSED_HAT),
    46: OPEN_HAT,
    **dict.fromkeys((49, 52, 55, 57), CRASH),
    **dict.fromkeys((51, 53, 59), RIDE),
}


def drum_of(pitch: int) -> Drum:
    """The drum for a General MIDI percussion key."""
    return _BY_PITCH.get(pitch, OTHER)
