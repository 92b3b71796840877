"""Sung tokens into the notes of a piece: one way, for composing and for making it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from generators.arrangement import DRUMS, arranged
from generators.groove.touch import Touch
from generators.music import Bar, Trio
from generators.realise import realise


class Drums(Protocol):
    """Who knows how drums are struck: the generator."""

    async def touch(self, drums: np.ndarray, /) -> Touch | None: ...


async def performed(
    drums: Drums | None,
    tokens: np.ndarray,
    bars: Sequence[Bar],
    humanize_percent: int,
    tempo_qpm: float,
) -> tuple[Trio, str]:
    """The trio, before it is seated in its instruments' registers, and who struck its drums.

    Args:
        drums: None plays them by rule.
        tokens: int16, shape (16 bars, 3), as decoded.

    Returns:
        The notes, and the sha256 of the groove model's weights; empty where it played nothing.

    Raises:
        WorkerError: the generator could not say.
    """
    touch = None
    if humanize_percent and drums is not None:
        touch = await drums.touch(arranged(tokens, bars)[:, DRUMS])
    trio = realise(tokens, bars, touch, humanize_percent, tempo_qpm)
    return trio, touch.sha256 if touch else ""
