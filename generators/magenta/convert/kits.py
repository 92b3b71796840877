"""Which drum each bit of a token is: nine kinds, or the 61 pitches of nade-drums_2bar_full."""

from __future__ import annotations

from generators.events import DRUM_BITS, DRUM_KINDS

NINE = tuple(pitches for _, pitches in DRUM_KINDS)

# note_seq's full table of 2018, kind by kind: 43 was a high tom then, 52 a ride.
_FULL = """
36 35
38 27 28 31 32 33 34 37 39 40 56 65 66 75 85
42 44 54 68 69 70 71 73 78 80
46 67 72 74 79 81
45 29 41 61 64 84
48 47 60 63 77 86 87
50 30 43 62 76 83
49 55 57 58
51 52 53 59 82
"""
SIXTY_ONE = tuple((int(pitch),) for pitch in _FULL.split())

# By the number of kinds: the pitches read as each; the first is written.
KITS = {DRUM_BITS: NINE, len(SIXTY_ONE): SIXTY_ONE}


def bit_of(kinds: int) -> dict[int, int]:
    """Pitch to bit, in the kit of so many kinds."""
    return {pitch: bit for bit, pitches in enumerate(KITS[kinds]) for pitch in pitches}
