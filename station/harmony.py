"""The keys of a piece's sections, and the way from one piece's key to the next one's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from generators.events import tokens_to_trio
from generators.keys import Key, find_key, way_to_related, way_to_signature
from generators.music import STEPS_PER_BAR, Bar

FIFTH = 7  # semitones
HARMONIES = ("related", "fifths", "same")


def harmonised(tokens: np.ndarray, bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """The bars, each section moved into a key that goes with the first section's.

    That is one step away on the circle of fifths at most, by the fewest semitones. A section and
    its variations (one take) are heard together and move together: what one bar differs from the
    next by is the music, and must not become a change of key.

    Args:
        tokens: int16, shape (16 bars, 3), as decoded.
        bars: one for each 16 steps, none transposed yet.
    """
    by_bar = tokens.reshape(len(bars), STEPS_PER_BAR, -1)
    keys = {
        take: find_key(tokens_to_trio(np.concatenate(by_bar[[bar.take == take for bar in bars]])))
        for take in dict.fromkeys(bar.take for bar in bars)
    }
    home = keys[bars[0].take]
    shifts = {take: way_to_related(home, key) for take, key in keys.items()}
    return tuple(replace(bar, transpose=shifts[bar.take]) for bar in bars)


def way_on(previous: Key | None, key: Key, harmony: str, wanted: Key | None) -> int:
    """The semitones by which to move a whole piece.

    Only signatures are compared: a piece in minor follows one in major as its relative, which has
    the same notes. So with A minor wanted, what is in major is moved to C major.

    Args:
        previous: the key of the piece before; None where none was.
        key: the piece's own.
        harmony: "related" goes one step on the circle of fifths at most; "fifths" takes one step
            clockwise, to the dominant; "same" stays.
        wanted: the key an operator asks for: it beats the rest.

    Returns:
        -6..5, the shortest way; 0 where there is nothing to follow.

    Raises:
        ValueError: there is no such harmony.
    """
    if harmony not in HARMONIES:
        raise ValueError(f"there is no harmony {harmony!r}; take one of {', '.join(HARMONIES)}")
    if wanted is not None:
        return way_to_signature(key, wanted.signature)
    if previous is None:
        return 0
    if harmony == "related":
        return way_to_related(previous, key)
    steps = FIFTH if harmony == "fifths" else 0
    return way_to_signature(key, previous.signature + steps)


def moved(bars: Sequence[Bar], semitones: int) -> tuple[Bar, ...]:
    """All bars transposed by so much more; what would move further than -6..5 goes an octave back.

    So notes stay near where the model sang them, however many moves were added up.
    """
    return tuple(replace(bar, transpose=(bar.transpose + semitones + 6) % 12 - 6) for bar in bars)
