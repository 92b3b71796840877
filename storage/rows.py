"""A piece as a row of `tables.pieces` and back.

`score` is zlib over compact JSON `[melody, bass, drums, bars]`. Each of the four is held by
column (all starts, all lengths, all pitches, all velocities; a bar's fields likewise), and
a start as steps since the start before it. So like numbers stand together, and it takes half
the bytes of `[start, end, pitch, velocity]` a note under the same zlib. A column that came later
(from a note's fifth, from a bar's seventh) is left out where it says nothing all through.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from generators import recipe
from generators.music import PARTS, Bar, Instruments, Note, Piece, Trio, Verdict
from storage.errors import RecordError


def to_row(piece: Piece) -> dict[str, Any]:
    """The values of `tables.pieces`, by column name."""
    score = [*(_note_columns(getattr(piece.trio, part)) for part in PARTS), _columns(piece.bars)]
    return {
        "id": piece.id,
        "title": piece.title,
        "origin": piece.origin,
        "key": piece.key,
        "tempo_qpm": piece.tempo_qpm,
        "tempo_end_qpm": piece.tempo_end_qpm,
        "show": piece.show,
        "form": piece.form,
        "seed": piece.seed,
        "temperature": piece.temperature,
        "model": piece.model,
        "weights_sha256": piece.weights_sha256,
        "created": piece.created,
        "steps": piece.trio.steps,
        "instruments": recipe.instruments_to_dict(piece.instruments),
        "parents": list(piece.parents),
        "score": zlib.compress(json.dumps(score, separators=(",", ":")).encode(), 9),
        "latents": piece.latents.astype("<f4").tobytes(),
        "latent_count": len(piece.latents),
        "leaving": recipe.instruments_to_dict(piece.leaving) if piece.leaving else None,
        "humanize_percent": piece.humanize_percent,
        "groove_sha256": piece.groove_sha256,
        **_verdict_columns(piece.verdict),
    }


def from_row(row: Mapping[str, Any]) -> Piece:
    """The inverse of `to_row`.

    Raises:
        RecordError: the row is damaged, or its content does not hash to its id.
    """
    try:
        *parts, bars = json.loads(zlib.decompress(row["score"]))
        melody, bass, drums = (_notes(columns) for columns in parts)
        piece = Piece(
            id=row["id"],
            title=row["title"],
            trio=Trio(melody, bass, drums, row["steps"]),
            origin=row["origin"],
            tempo_qpm=row["tempo_qpm"],
            tempo_end_qpm=row["tempo_end_qpm"],
            key=row["key"],
            instruments=_instruments(row["instruments"]),
            show=row["show"],
            form=row["form"],
            bars=tuple(Bar(*bar) for bar in zip(*bars, strict=True)),
            seed=row["seed"],
            temperature=row["temperature"],
            parents=tuple(row["parents"]),
            model=row["model"],
            weights_sha256=row["weights_sha256"],
            created=row["created"],
            latents=_latents(row["latents"], row["latent_count"]),
            leaving=_instruments(row["leaving"]) if row["leaving"] else None,
            humanize_percent=row["humanize_percent"],
            groove_sha256=row["groove_sha256"],
            verdict=_verdict(row),
        )
    except (ValueError, TypeError, zlib.error) as error:
        raise RecordError(f"the row of piece {row['id']} is damaged: {error}") from error
    if recipe.identify(piece) != piece.id:
        raise RecordError(
            f"piece {piece.id} was altered: its row hashes to {recipe.identify(piece)}"
        )
    return piece


def _verdict_columns(verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {"verdict_total": None, "candidates": None, "verdict": None}
    return {
        "verdict_total": verdict.total,
        "candidates": verdict.candidates,
        "verdict": {"terms": dict(verdict.terms), "rejected": dict(verdict.rejected)},
    }


def _verdict(row: Mapping[str, Any]) -> Verdict | None:
    if row["verdict"] is None:
        return None
    return Verdict(total=row["verdict_total"], candidates=row["candidates"], **row["verdict"])


def _instruments(data: dict[str, Any] | list[int]) -> Instruments:
    if isinstance(data, list):  # rows of before there was a mix: [melody, bass, drum_kit]
        melody, bass, drum_kit = data
        return Instruments(melody, bass, drum_kit)
    return recipe.instruments_from_dict(data)


def _note_columns(notes: tuple[Note, ...]) -> list[list[int]]:
    columns = _columns(notes)
    if columns:
        starts, ends = columns[:2]
        columns[1] = [end - start for start, end in zip(starts, ends, strict=True)]
        columns[0] = [start - before for start, before in zip(starts, [0, *starts], strict=False)]
    return columns


def _notes(columns: list[list[int]]) -> tuple[Note, ...]:
    notes, start = [], 0
    for since, length, *rest in zip(*columns, strict=True):
        start += since
        notes.append(Note(start, start + length, *rest))
    return tuple(notes)


def _columns(values: tuple[Note, ...] | tuple[Bar, ...]) -> list[list[Any]]:
    """A column a field, without the last ones that hold nothing but their default."""
    if not values:
        return []
    fields = dataclasses.fields(values[0])
    columns = [[getattr(value, field.name) for value in values] for field in fields]
    for field in reversed(fields[recipe.FIRST_FIELDS[type(values[0])] :]):
        if any(value != field.default for value in columns[-1]):
            break
        columns.pop()
    return columns


def _latents(data: bytes, count: int) -> np.ndarray:
    if count == 0:
        return np.zeros((0, 0), np.float32)
    return np.frombuffer(data, "<f4").reshape(count, -1)
