"""A piece's notes once more, from its recipe alone.

Latents, bars, seed and temperature give the tokens; the bars, how freely it is played, the tempo
and the instruments give the notes. Nothing else is heard: see `Composer` and `bridge_between`,
which go the same way. So the notes come again wherever the same model sings with the same rules
and the same arithmetic. Elsewhere they may not, and the stored notes are the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from generators.cast import Cast
from generators.music import Piece, Trio
from generators.patterns import pattern_piece
from generators.recipe import composer
from station.bridges import Decoder
from station.generator import Plan
from station.palettes import seated
from station.performing import performed

Finding = Literal["same notes", "other model", "other groove model", "other version", "differs"]
"""What came of making a piece again. Only the last is a fault: everything is as it was."""


class Singing(Protocol):
    """What is known of the generator without asking it."""

    model: Cast | None
    arithmetic: str


@dataclass(frozen=True, slots=True)
class Prospect:
    """Whether the recipe gives the notes again here, as far as that is known without trying."""

    model_here: bool  # the weights are those that sang it; of a pattern there are none
    version: str  # of rules and arithmetic: see `Piece.composer`
    version_here: bool
    note: str  # for the page


def prospect(piece: Piece, generator: Singing) -> Prospect:
    """What a page says of a piece. Costs nothing: no note is made."""
    if piece.origin == "pattern":
        version_here = piece.composer == composer()
        model_here = True
    else:
        model = generator.model
        model_here = model is not None and model.sha256 == piece.weights_sha256
        version_here = piece.composer == composer(generator.arithmetic)
    return Prospect(
        model_here, piece.composer, version_here, _note(piece, model_here, version_here)
    )


def _note(piece: Piece, model_here: bool, version_here: bool) -> str:
    if not model_here:
        return f"The stored notes are the truth: {piece.model} is not the model that sings here."
    if not piece.composer:
        return (
            "The recipe may give other notes: the piece is from before its rules had a version. "
            "The stored notes are the truth."
        )
    if not version_here:
        return (
            f"The recipe may give other notes: it was composed by version {piece.composer}. "
            "The stored notes are the truth."
        )
    return "The same notes come again from the recipe."


@dataclass(frozen=True, slots=True)
class Again:
    """What came of a recipe."""

    trio: Trio
    groove_sha256: str = ""  # of who struck the drums


async def regenerate(pieces: Sequence[Piece], decoder: Decoder) -> list[Again]:
    """The notes of pieces, from all of their recipes but the notes; decoded in one batch.

    Raises:
        WorkerError: the generator could not decode.
    """
    sung = [piece for piece in pieces if piece.origin != "pattern"]
    plans = [Plan(each.latents, each.bars, each.seed, each.temperature) for each in sung]
    tokens = iter(await decoder.decode(plans))
    return [
        Again(_by_rule(piece))
        if piece.origin == "pattern"
        else await _sung(piece, next(tokens), decoder)
        for piece in pieces
    ]


async def verify(pieces: Sequence[Piece], decoder: Decoder) -> list[Finding]:
    """Make pieces again, and see whether their notes are the stored ones.

    Args:
        decoder: its model has been loaded.

    Raises:
        WorkerError: the generator could not decode.
    """
    ours = [piece for piece in pieces if prospect(piece, decoder).model_here]
    again = await regenerate(ours, decoder)
    findings = {
        piece.id: _finding(piece, made, decoder) for piece, made in zip(ours, again, strict=True)
    }
    return [findings.get(piece.id, "other model") for piece in pieces]


def _finding(piece: Piece, again: Again, decoder: Decoder) -> Finding:
    if again.trio == piece.trio:
        return "same notes"
    if again.groove_sha256 != piece.groove_sha256:
        return "other groove model"
    return "differs" if prospect(piece, decoder).version_here else "other version"


async def _sung(piece: Piece, tokens: np.ndarray, decoder: Decoder) -> Again:
    # Where no groove model was there, the drums were played by rule.
    drums = decoder if piece.groove_sha256 else None
    trio, groove_sha256 = await performed(
        drums, tokens, piece.bars, piece.humanize_percent, piece.tempo_qpm
    )
    return Again(seated(trio, piece.instruments), groove_sha256)


def _by_rule(piece: Piece) -> Trio:
    made = pattern_piece(
        piece.seed, piece.show, piece.tempo_qpm, piece.instruments, lambda: piece.created
    )
    return made.trio
