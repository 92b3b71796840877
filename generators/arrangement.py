"""Who plays when: what the model sang, with its rests kept and its changes led into.

Tokens go in and tokens come out, as generators.events has them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from generators.events import FIRST_PITCH_TOKEN, HARMONIC_PARTS, HOLD, NOTE_OFF
from generators.fills import RUN_STARTS, crash, fill
from generators.music import PARTS, STEPS_PER_BAR, Bar

DRUMS = PARTS.index("drums")
PART_OF = {part[0]: number for number, part in enumerate(PARTS)}


def arranged(tokens: np.ndarray, bars: Sequence[Bar]) -> np.ndarray:
    """Tokens as they are played: rests silenced, fills written in, each with a crash after it.

    A note that rings into a rest ends there. No bar is silenced altogether: where those who are
    to play have nothing, parts that rest come in, in the order of `Bar.rests`. Of a fill in a bar
    in which the drums rest only the run is played: that is how they enter.

    Args:
        tokens: int16, shape (16 bars, 3), as decoded; not altered.
        bars: one for each 16 steps.
    """
    if tokens.shape != (len(bars) * STEPS_PER_BAR, len(PARTS)):
        raise ValueError(f"the tokens of {len(bars)} bars have another shape than {tokens.shape}")
    played = tokens.copy()
    rests = [_silence(played, number, bar.rests) for number, bar in enumerate(bars)]
    _lead_over(played, tokens[:, DRUMS], bars, [DRUMS in resting for resting in rests])
    return played


def _silence(played: np.ndarray, number: int, rests: str) -> list[int]:
    """Let parts rest in one bar, all before it being done; the parts that do."""
    start = number * STEPS_PER_BAR
    resting = [PART_OF[initial] for initial in rests]
    while resting and not any(
        _sounds(played[:, part], start, part) for part in range(len(PARTS)) if part not in resting
    ):
        resting.pop(0)
    for part in resting:
        played[start : start + STEPS_PER_BAR, part] = HOLD
        if part < HARMONIC_PARTS:
            played[start, part] = NOTE_OFF
    return resting


def _sounds(tokens: np.ndarray, start: int, part: int) -> bool:
    """Whether a part has anything in the bar from `start`, if only a note that rings on."""
    here = tokens[start : start + STEPS_PER_BAR]
    if part == DRUMS:
        return bool(here.any())
    events = tokens[: start + 1][tokens[: start + 1] != HOLD]
    rings = len(events) > 0 and events[-1] >= FIRST_PITCH_TOKEN
    return bool(rings or (here >= FIRST_PITCH_TOKEN).any())


def _lead_over(
    played: np.ndarray, drums: np.ndarray, bars: Sequence[Bar], is_resting: Sequence[bool]
) -> None:
    """Write fills, and the crashes after them, where the drums then play.

    Args:
        played: int16, shape (16 bars, 3): written to.
        drums: int16, shape (16 bars,), as decoded: a fill is drawn from what its bar would play,
            so that it is the same wherever that bar returns.
    """
    grooves = drums.reshape(-1, STEPS_PER_BAR)
    lines = played[:, DRUMS].reshape(-1, STEPS_PER_BAR)  # a copy: a column is no run of memory
    filled = [
        number
        for number, bar in enumerate(bars[:-1])
        if bar.fill and not is_resting[number + 1] and grooves[number + 1].any()
    ]
    for number in filled:
        lines[number] = fill(grooves[number])
        if is_resting[number]:
            lines[number, :RUN_STARTS] = 0
    for number in filled:
        lines[number + 1] = crash(lines[number + 1])
    played[:, DRUMS] = lines.ravel()
