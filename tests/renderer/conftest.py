"""A trio as a band would play it, and the font that every machine has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generators.music import Instruments, Note, Piece, Trio
from renderer.synth import Synth
from tests.fonts import FONT

MakePiece = Callable[..., Piece]


def trio(bars: int = 4) -> Trio:
    """Eighth notes over a bass and a beat."""
    steps, scale = 16 * bars, (0, 3, 7, 10, 12, 10, 7, 3)
    return Trio(
        melody=tuple(Note(s, s + 2, 69 + scale[s // 2 % 8], 96) for s in range(0, steps, 2)),
        bass=tuple(Note(s, s + 4, 45 - s // 16 % 2 * 5, 90) for s in range(0, steps, 4)),
        drums=tuple(
            sorted(
                [Note(s, s + 1, 42, 70) for s in range(0, steps, 2)]
                + [Note(s, s + 1, 36, 100) for s in range(0, steps, 8)]
                + [Note(s, s + 1, 38, 90) for s in range(4, steps, 8)]
            )
        ),
        steps=steps,
    )


def piece(**fields: Any) -> Piece:
    tempo_qpm = fields.get("tempo_qpm", 120.0)
    plain: dict[str, Any] = {
        "id": "0" * 20,
        "title": "Plain Morning",
        "trio": trio(),
        "origin": "pattern",
        "tempo_qpm": tempo_qpm,
        "tempo_end_qpm": tempo_qpm,
        "key": "A minor",
        "instruments": Instruments(),
        "show": "morning",
        "form": "A",
        "bars": (),
        "seed": 0,
        "temperature": 1.0,
        "parents": (),
        "model": "test",
        "weights_sha256": "",
        "created": datetime(2026, 1, 1, tzinfo=UTC),
        "latents": np.zeros((0, 0), np.float32),
    }
    return Piece(**(plain | fields))


@pytest.fixture(scope="session")
def font() -> Path:
    return FONT


@pytest.fixture
def synth(font: Path) -> Iterator[Synth]:
    synth = Synth(font)
    yield synth
    synth.close()
