"""The mixing desk: which channel a part plays on, and what its knobs are called in MIDI.

Every set of instruments that comes on air takes the next bank of 16 channels, so that the tails
of the one before ring on with their own instruments.
"""

from __future__ import annotations

from generators.music import Instruments, Strip

CHANNELS_PER_BANK = 16
BANKS = 8  # a skip from a bridge into a bridge needs four at once; in the others tails ring out
CHANNEL = {"melody": 0, "bass": 1, "drums": 9}  # within a bank

# MIDI controller numbers.
VOLUME, PAN, EXPRESSION, REVERB, CHORUS = 7, 10, 11, 91, 93
ALL_SOUND_OFF = 120


def programs(instruments: Instruments) -> dict[str, int]:
    """By part, the General MIDI program or drum kit."""
    return {
        "melody": instruments.melody,
        "bass": instruments.bass,
        "drums": instruments.drum_kit,
    }


def place(strip: Strip) -> tuple[tuple[int, int], ...]:
    """(controller, value) of where a part stands; how loud it is, is its balance."""
    return ((PAN, strip.pan), (REVERB, strip.reverb), (CHORUS, strip.chorus))
