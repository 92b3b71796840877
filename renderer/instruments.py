"""General MIDI's names for what plays."""

from __future__ import annotations

from functools import lru_cache

from generators.music import Instruments

# General MIDI level 2, the kits that most fonts have.
DRUM_KITS = {
    0: "Standard Kit",
    8: "Room Kit",
    16: "Power Kit",
    24: "Electronic Kit",
    25: "Analog Kit",
    32: "Jazz Kit",
    40: "Brush Kit",
    48: "Orchestra Kit",
}


@lru_cache(maxsize=256)
def instrument_names(instruments: Instruments) -> dict[str, str]:
    """By part: "Electric Piano 1", "Acoustic Bass", "Standard Kit"."""
    from pretty_midi import program_to_instrument_name  # slow to import: not before it is asked

    return {
        "melody": program_to_instrument_name(instruments.melody),
        "bass": program_to_instrument_name(instruments.bass),
        "drums": DRUM_KITS.get(instruments.drum_kit, f"Kit {instruments.drum_kit}"),
    }
