"""A piece as a row of `tables.pieces` and back.

`score` is zlib over compact JSON `[melody, bass, drums, bars]`. Each of the four is held by
column (all starts, all lengths, all pitches, all velocities; a bar's six fields likewise), and
a start as steps since the start before it. So like numbers stand together, and it takes half
the bytes of `[start, end, pitch, velocity]` a note under the same zlib.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Iterable, Mapping
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
        "instruments": list(_values(piece.instruments)),
        "parents": list(piece.parents),
        "score": zlib.compress(json.dumps(score, separators=(",", ":")).encode(), 9),
        "latents": piece.latents.astype("<f4").tobytes(),
        "latent_count": len(piece.latents),
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
            instruments=Instruments(*row["instruments"]),
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


def _note_columns(notes: tuple[Note, ...]) -> list[list[int]]:
    rows, before = [], 0
    for note in notes:
        rows.append((note.start - before, note.end - note.start, note.pitch, note.velocity))
        before = note.start
    return [list(column) for column in zip(*rows, strict=True)]


def _notes(columns: list[list[int]]) -> tuple[Note, ...]:
    notes, start = [], 0
    for since, length, pitch, velocity in zip(*columns, strict=True):
        start += since
        notes.append(Note(start, start + length, pitch, velocity))
    return tuple(notes)


def _columns(bars: tuple[Bar, ...]) -> list[list[Any]]:
    return [list(column) for column in zip(*(_values(bar) for bar in bars), strict=True)]


def _values(value: Bar | Instruments) -> Iterable[Any]:
    return (getattr(value, field.name) for field in dataclasses.fields(value))


def _latents(data: bytes, count: int) -> np.ndarray:
    if count == 0:
        return np.zeros((0, 0), np.float32)
    return np.frombuffer(data, "<f4").reshape(count, -1)
