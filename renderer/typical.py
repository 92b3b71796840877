"""What instruments usually sound like: enough to balance a piece that nobody has measured yet.

The levels are medians over FluidR3 GM and TimGM6mb, which differ by 4 dB or so, as do the
instruments of a family: a plain balance is right within that.
"""

from __future__ import annotations

import functools

import numpy as np

from renderer.synth import GAIN
from renderer.voices import (
    BANDS,
    DRUM_SLOTS,
    EXPRESSION_0_DB,
    HELD_SLOTS,
    LOUDNESS_OFFSET_LU,
    MOST,
    SLOTS_A_SECOND,
    TAP_SLOTS,
    Voice,
)

PROGRAMS_A_FAMILY = 8
# By General MIDI family: eighth notes at velocity 80, LUFS, and whether the sound dies away.
FAMILIES: tuple[tuple[str, float, bool], ...] = (
    ("piano", -26.5, True),
    ("chromatic percussion", -25.0, True),
    ("organ", -26.0, False),
    ("guitar", -25.0, True),
    ("bass", -25.5, True),
    ("strings", -25.5, False),
    ("ensemble", -25.0, False),
    ("brass", -24.5, False),
    ("reed", -25.0, False),
    ("pipe", -25.5, False),
    ("synth lead", -23.0, False),
    ("synth pad", -26.0, False),
    ("synth effects", -23.0, False),
    ("ethnic", -25.5, True),
    ("percussive", -26.0, True),
    ("sound effects", -26.5, False),
)
# By the pitch that stands for a kind of drum: the same, of a standard kit.
DRUMS_LUFS = {
    36: -28.0,
    38: -27.5,
    42: -37.0,
    45: -27.0,
    46: -35.0,
    48: -27.5,
    49: -24.0,
    50: -28.0,
    51: -36.0,
}
FADING_SECONDS = 0.6  # to a third of its power
# From what the table was measured with to what a voice is.
_TABLE_VELOCITY, _TABLE_EXPRESSION, _TABLE_GAIN = 80, 127, 0.5
_VOICE_DB = 40 * np.log10(MOST / _TABLE_VELOCITY * EXPRESSION_0_DB / _TABLE_EXPRESSION)
_VOICE_DB += 20 * np.log10(GAIN / _TABLE_GAIN)


@functools.cache
def typical_voice(part: str, program: int) -> Voice:
    """The voice of an instrument nobody has heard: one level on the whole keyboard."""
    if part == "drums":
        return _voice(np.array(list(DRUMS_LUFS)), list(DRUMS_LUFS.values()), DRUM_SLOTS, 0.1)
    _, level_lufs, fades = FAMILIES[program // PROGRAMS_A_FAMILY]
    return _voice(np.array([60]), [level_lufs], HELD_SLOTS, FADING_SECONDS if fades else np.inf)


def _voice(pitches: np.ndarray, levels: list[float], slots: int, fading_seconds: float) -> Voice:
    rings = len(pitches) > 1
    shape = np.exp(-np.arange(slots) / SLOTS_A_SECOND / fading_seconds)
    shape /= shape.sum() / TAP_SLOTS if rings else shape[:TAP_SLOTS].mean()
    power = 10 ** ((np.array(levels) - LOUDNESS_OFFSET_LU + _VOICE_DB) / 10)
    held = power[:, None, None] * shape[:, None] / BANDS * np.ones(BANDS)
    return Voice(pitches, held, np.zeros((len(pitches), 0)), rings)
