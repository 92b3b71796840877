"""Arrays of many examples, checked and told apart: trios, melodies, drums and grooves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pretty_midi

from generators.errors import GeneratorError
from generators.events import DRUM_BITS, DRUM_DEPTH, MELODY_DEPTH
from generators.magenta.convert.grooves import GROOVE_DEPTH
from generators.magenta.convert.kits import SIXTY_ONE
from generators.magenta.to_midi import groove_midi, midi_of
from generators.music import PARTS, STEPS_PER_BAR

Kind = Literal["trio", "melody", "drums", "groove"]
LOW_TOKENS = 16  # as pitches they lie below C2, where no melody stays


def kind_of(grids: np.ndarray) -> Kind:
    """What `(n, steps, parts)` are: by their parts, or a single part by its values.

    Raises:
        GeneratorError: they are none of these.
    """
    if grids.ndim == 3 and grids.shape[2] == GROOVE_DEPTH:
        return "groove"
    if grids.ndim != 3 or grids.shape[2] not in (1, len(PARTS)) or grids.shape[1] % STEPS_PER_BAR:
        raise GeneratorError(
            f"tokens have the shape [n, steps, 3] of trios, [n, steps, 1] of a melody or drums, "
            f"or [n, steps, {GROOVE_DEPTH}] of a groove, and whole bars of {STEPS_PER_BAR} steps; "
            f"not {list(grids.shape)}"
        )
    if grids.shape[2] == len(PARTS):
        return "trio"
    highest = grids.max(initial=0)
    return "drums" if highest >= MELODY_DEPTH or 1 < highest < LOW_TOKENS else "melody"


def midi_of_grids(grids: np.ndarray, kind: Kind) -> Iterator[pretty_midi.PrettyMIDI]:
    """Each example as MIDI.

    Raises:
        GeneratorError: the values are not of that kind.
    """
    wanted = {"groove": GROOVE_DEPTH, "trio": len(PARTS)}.get(kind, 1)
    if grids.shape[2] != wanted:
        raise GeneratorError(f"a step of {kind} has {wanted} values, not {grids.shape[2]}")
    if kind == "groove":
        _check_range(grids, -1, 1, "hits, velocities and offsets")
        return (groove_midi(grid) for grid in grids)
    if grids.dtype.kind not in "iu":
        raise GeneratorError(f"tokens are whole numbers, not {grids.dtype}")
    parts = PARTS if kind == "trio" else (kind,)
    kinds = DRUM_BITS
    for part, voice in zip(parts, np.moveaxis(grids, 2, 0), strict=True):
        if part != "drums":
            _check_range(voice, 0, MELODY_DEPTH - 1, f"{part} tokens")
        elif kind == "drums" and voice.max(initial=0) >= DRUM_DEPTH:
            kinds = len(SIXTY_ONE)
            _check_range(voice, 0, 2**kinds - 1, "drum tokens")
        else:
            _check_range(voice, 0, DRUM_DEPTH - 1, "drum tokens")
    return (midi_of(grid, parts, kinds) for grid in grids)


def _check_range(values: np.ndarray, low: int, high: int, what: str) -> None:
    wrong = values[(values < low) | (values > high)]
    if len(wrong):
        raise GeneratorError(f"{what} lie in {low}..{high}, and one is {wrong[0]}")
