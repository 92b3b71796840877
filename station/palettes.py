"""Who of a show's instruments plays a piece: those in whose range it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from generators.music import Instruments, Note, Trio
from renderer.general_midi import drum_kit_named, program_named
from renderer.ranges import range_of
from station.show_settings import ShowSettings

SHIFTS = (0, 12, -12, 24, -24)  # semitones, the nearest first
MOST = 0.5  # of a part: with less of it in range, an instrument is out of its register
NEARLY_AS_WELL = 0.9  # of the best share: who holds so much of a part may play it too


def choose_instruments(show: ShowSettings, trio: Trio, rng: np.random.Generator) -> Instruments:
    """Of the show's instruments some that fit the trio's registers; the drum kit is any of them."""
    return Instruments(
        melody=_choose(show.melody, trio.melody, rng),
        bass=_choose(show.bass, trio.bass, rng),
        drum_kit=drum_kit_named(str(rng.choice(show.drums))),
        soundfont=show.soundfont,
        mix=show.mix.mix,
    )


def first_instruments(show: ShowSettings) -> Instruments:
    """The first of each part: for a piece that must be there at once."""
    return Instruments(
        melody=program_named(show.melody[0]),
        bass=program_named(show.bass[0]),
        drum_kit=drum_kit_named(show.drums[0]),
        soundfont=show.soundfont,
        mix=show.mix.mix,
    )


def seated(trio: Trio, instruments: Instruments) -> Trio:
    """The trio with melody and bass in their instruments' registers, whole octaves away.

    The notes follow from the trio and the instruments alone, so a recipe need not tell.
    """
    return replace(
        trio,
        melody=_shifted(trio.melody, octave_shift(trio.melody, instruments.melody)),
        bass=_shifted(trio.bass, octave_shift(trio.bass, instruments.bass)),
    )


def octave_shift(part: Sequence[Note], program: int) -> int:
    """Semitones, whole octaves, that bring a part into an instrument's range; 0 where it is.

    It moves only if most of it lies outside, and as little as serves best.
    """
    if not part or share_in_range(part, program) >= MOST:
        return 0
    possible = [shift for shift in SHIFTS if all(0 <= n.pitch + shift <= 127 for n in part)]
    return max(possible, key=lambda shift: share_in_range(part, program, shift))


def share_in_range(part: Sequence[Note], program: int, shift: int = 0) -> float:
    """How much of a part's sounding time lies in an instrument's range, 0..1."""
    low, high = range_of(program)
    steps = np.array([note.end - note.start for note in part], float)
    inside = np.array([low <= note.pitch + shift <= high for note in part], bool)
    return float(steps[inside].sum() / steps.sum()) if len(part) else 1.0


def _choose(names: Sequence[str], part: Sequence[Note], rng: np.random.Generator) -> int:
    programs = [program_named(name) for name in names]
    shares = np.array([share_in_range(part, program) for program in programs])
    if not shares.any():
        shares += 1  # nobody holds any of it: whoever it is, `seated` brings it to them
    shares[shares < NEARLY_AS_WELL * shares.max()] = 0
    return int(rng.choice(programs, p=shares / shares.sum()))


def _shifted(part: tuple[Note, ...], semitones: int) -> tuple[Note, ...]:
    return tuple(replace(note, pitch=note.pitch + semitones) for note in part)
