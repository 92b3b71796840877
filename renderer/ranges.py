"""How low and how high each General MIDI instrument plays with ease.

As it sounds, not as it is written. Below and above, a sound font stretches its outermost sample,
or is silent. Sources: S. Adler, "The Study of Orchestration", 4th edition, 2016, appendix A, for
the instruments of the orchestra, without the notes only soloists reach; the compass of the usual
model for keyboards, mallets and folk instruments (a Rhodes of 73 keys, a kalimba of 17).
"""

from __future__ import annotations

from renderer.general_midi import PROGRAMS

FAMILY_SIZE = 8  # General MIDI's programs come in families of eight

_FAMILIES = (
    "A1 C7",  # piano
    "C4 C7",  # chromatic percussion
    "C2 C7",  # organ: a manual of 61 keys
    "E2 E6",  # guitar
    "E1 G4",  # bass
    "C2 E7",  # strings
    "C2 E7",  # ensemble
    "E2 C6",  # brass
    "C3 E6",  # reed
    "C4 C7",  # pipe
    "C2 C7",  # synth lead
    "C2 C7",  # synth pad
    "C2 C7",  # synth effects
    "C3 C6",  # ethnic
    "C4 C6",  # percussive
    "C3 C6",  # sound effects
)
_EXCEPTIONS = {
    "Electric Piano 1": "E1 E7",
    "Electric Piano 2": "E1 E7",
    "Harpsichord": "F1 F6",
    "Clavinet": "F1 E6",
    "Celesta": "C4 C8",
    "Glockenspiel": "G5 C8",
    "Music Box": "C4 C7",
    "Vibraphone": "F3 F6",
    "Marimba": "A2 C7",
    "Xylophone": "F4 C8",
    "Tubular Bells": "C4 F5",
    "Dulcimer": "D3 D6",
    "Accordion": "F3 A6",
    "Harmonica": "C4 C7",
    "Tango Accordion": "A3 B6",
    "Guitar Harmonics": "E3 E7",
    "Synth Bass 1": "C1 C5",
    "Synth Bass 2": "C1 C5",
    "Violin": "G3 E7",
    "Viola": "C3 E6",
    "Cello": "C2 A5",
    "Contrabass": "E1 G4",
    "Orchestral Harp": "C1 G7",
    "Timpani": "D2 C4",
    "Choir Aahs": "E2 C6",
    "Voice Oohs": "E2 C6",
    "Synth Choir": "E2 C6",
    "Orchestra Hit": "C3 C5",
    "Trumpet": "F#3 C6",
    "Trombone": "E2 C5",
    "Tuba": "D1 F4",
    "Muted Trumpet": "F#3 C6",
    "French Horn": "F2 F5",
    "Synth Brass 1": "C2 C7",
    "Synth Brass 2": "C2 C7",
    "Soprano Sax": "G#3 E6",
    "Alto Sax": "C#3 A5",
    "Tenor Sax": "G#2 E5",
    "Baritone Sax": "C2 A4",
    "Oboe": "A#3 G6",
    "English Horn": "E3 A5",
    "Bassoon": "A#1 D#5",
    "Clarinet": "D3 A#6",
    "Piccolo": "D5 C8",
    "Recorder": "C4 D7",
    "Pan Flute": "G4 G7",
    "Shakuhachi": "D4 D6",
    "Ocarina": "A4 F6",
    "Banjo": "C3 D6",
    "Shamisen": "D3 G5",
    "Kalimba": "C4 E6",
    "Bagpipe": "G4 A5",
    "Fiddle": "G3 E7",
    "Steel Drums": "C4 F6",
}
_STEPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def range_of(program: int) -> tuple[int, int]:
    """The lowest and the highest MIDI pitch of a program, both included."""
    words = _EXCEPTIONS.get(PROGRAMS[program], _FAMILIES[program // FAMILY_SIZE])
    low, high = map(_pitch, words.split())
    return low, high


def _pitch(name: str) -> int:
    """Middle C is "C4", and 60."""
    return _STEPS.index(name[:-1]) + 12 * (int(name[-1]) + 1)
