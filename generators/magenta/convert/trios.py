"""Stretches into trios: each melody with each bass and each drum track, where all three play.

Source: Magenta's TrioConverter.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from generators.events import DRUM_BIT, bars, melody_to_tokens
from generators.magenta.convert.stretches import MOST_INSTRUMENTS, Instrument, Stretch
from generators.magenta.convert.voices import hits_to_tokens, melody_line
from generators.music import PARTS, STEPS_PER_BAR

PROGRAMS = {"melody": range(32), "bass": range(32, 40)}
MOST_BARS = 1024
GAP_BARS = 2  # an instrument may be silent this long and still count as playing


def part_of(instrument: Instrument) -> str | None:
    """Which part of a trio an instrument can play."""
    if instrument.is_drum:
        return "drums"
    return next((part for part, ours in PROGRAMS.items() if instrument.program in ours), None)


def trio_windows(stretch: Stretch, window_bars: int) -> Iterator[np.ndarray]:
    """Windows int16 `(16 window_bars, 3)`, moved by a bar, combination by combination."""
    total_bars = min(stretch.bars, MOST_BARS)
    band = [each for each in stretch.instruments[:MOST_INSTRUMENTS] if each.notes]
    voices = {part: [each for each in band if part_of(each) == part] for part in PARTS}
    for trio in product(*(voices[part] for part in PARTS)):
        if not all(_has_tokens(each) for each in trio):
            continue
        tokens = np.stack([_tokens(each, total_bars) for each in trio], axis=1)
        playing = np.stack([_playing(each, total_bars) for each in trio], axis=1)
        good = np.asarray(playing.all(axis=1))
        # At both ends one player is enough, so that a window cut out reads back as it was.
        good[:GAP_BARS] = playing[:GAP_BARS].any()
        good[-GAP_BARS:] = playing[-GAP_BARS:].any()
        for bar in range(total_bars - window_bars + 1):
            if good[bar : bar + window_bars].all():
                yield tokens[bar * STEPS_PER_BAR : (bar + window_bars) * STEPS_PER_BAR]


def _tokens(instrument: Instrument, total_bars: int) -> np.ndarray:
    steps = total_bars * STEPS_PER_BAR
    if instrument.is_drum:
        return hits_to_tokens(instrument.notes, steps, DRUM_BIT).astype(np.int16)
    return melody_to_tokens(melody_line(instrument.notes), steps)


def _has_tokens(instrument: Instrument) -> bool:
    """Whether any of its notes has a token."""
    if instrument.is_drum:
        return any(note.pitch in DRUM_BIT for note in instrument.notes)
    return bool(melody_line(instrument.notes))


def _playing(instrument: Instrument, total_bars: int) -> np.ndarray:
    """In which bars an instrument plays, or will or did within GAP_BARS: bool `(total_bars,)`.

    Notes without a token count too: they do for Magenta.
    """
    covered = np.zeros(total_bars, bool)
    for note in instrument.notes:
        covered[note.start // STEPS_PER_BAR : bars(note.end)] = True
    near = np.convolve(covered, np.ones(2 * GAP_BARS + 1))[GAP_BARS : GAP_BARS + total_bars]
    return near > 0.5
