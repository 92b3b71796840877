"""Pieces of the tiny model, to make again from their recipes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from generators.music import Bar, Instruments, Piece
from generators.recipe import composer, identified
from generators.walk import prior
from generators.weights import ModelFolder
from station.regenerate import regenerate
from tests.generators.tiny import TINY
from tests.pieces import make_piece
from tests.station.fakes import InProcess


def recipe(folder: ModelFolder, **changes: object) -> Piece:
    """All that a recipe can say, but for the notes."""
    bars = (
        Bar(0, 0, 0.0, 0),
        Bar(0, 0, 0.0, 1, transpose=3, fill=True),
        Bar(0, 1, 0.25, 0, take=1, rests="d"),
        Bar(0, 1, 0.75, 1, take=2, transpose=-4, rests="mb", fill=True),
        Bar(1, 1, 0.0, 0, take=2),
        Bar(1, 1, 0.0, 1, take=2, transpose=5),
    )
    facts: dict[str, object] = {
        "bars": bars,
        "latents": np.stack([prior(np.random.default_rng(n), TINY.z_size) for n in range(2)]),
        "seed": 20_260_101,
        "temperature": 0.9,
        "instruments": Instruments(melody=73, bass=43),
        "humanize_percent": 80,
        "groove_sha256": "touch",
        "weights_sha256": folder.sha256,
        "composer": composer("cpu float32"),
    }
    return identified(replace(make_piece(bars=len(bars)), **(facts | changes)))  # type: ignore[arg-type]  # names and types as Piece has them


async def composed(decoder: InProcess, piece: Piece) -> Piece:
    """With the notes that its recipe gives."""
    [again] = await regenerate([piece], decoder)
    return identified(replace(piece, trio=again.trio))
