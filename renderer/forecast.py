"""What a piece will sound like, added up from its notes: power over time, and who covers whom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generators.music import TICKS_PER_STEP, Note, Piece
from renderer.voices import BANDS, SLOTS_A_SECOND, Voice

MOST_VELOCITY = 127
HEARD_LU = -20.0  # below this under its own loudest, a part has faded away
COVER_FLOOR = 1e-9  # power: what is softer covers nothing


def part_power(piece: Piece, notes: Sequence[Note], voice: Voice) -> np.ndarray:
    """The power of a part over the piece, with its faders open: (slots, BANDS)."""
    slots = max(1, round(piece.seconds * SLOTS_A_SECOND))
    power = np.zeros((slots, BANDS))
    for note in notes:
        shift = note.offset_ticks / TICKS_PER_STEP
        begin = round(piece.seconds_at(max(0.0, note.start + shift)) * SLOTS_A_SECOND)
        end = round(piece.seconds_at(note.end + shift) * SLOTS_A_SECOND)
        sound = voice.sound(note.pitch, end - begin)[: max(0, slots - begin)]
        power[begin : begin + len(sound)] += sound * (note.velocity / MOST_VELOCITY) ** 4
    return power


def clearance_db(melody: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How far a part stands clear of others: (slots, BANDS) twice, one figure a slot it is heard.

    In each slot the two are compared octave by octave, and each octave counts for what it holds
    of the part's own power: a bass drum below a flute covers nothing of it. 0 dB is as strong as
    all that lies in the same octaves; a tone is still followed well some decibels below that.
    """
    whole = melody.sum(axis=1)
    heard = whole > whole.max(initial=0.0) * 10 ** (HEARD_LU / 10)
    own, under = melody[heard] + COVER_FLOOR / 10, others[heard] + COVER_FLOOR
    return np.asarray((own * 10 * np.log10(own / under)).sum(axis=1) / own.sum(axis=1))
