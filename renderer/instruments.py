"""What plays a piece, by name."""

from __future__ import annotations

from generators.music import Instruments
from renderer.general_midi import DRUM_KITS, PROGRAMS


def instrument_names(instruments: Instruments) -> dict[str, str]:
    """By part: "Electric Piano 1", "Acoustic Bass", "Standard Kit"."""
    return {
        "melody": PROGRAMS[instruments.melody],
        "bass": PROGRAMS[instruments.bass],
        "drums": DRUM_KITS.get(instruments.drum_kit, f"Kit {instruments.drum_kit}"),
    }
