"""A piece as a row of `tables.pieces` and back, and as an entry of `tables.catalogue`.

What is asked for by itself has a column; the rest is packed into `score`: see storage.packing.
Rows of before there was that packing have the rest in columns that now stay empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from generators import recipe
from generators.music import (
    PARTS,
    STEPS_PER_BAR,
    Bar,
    Instruments,
    Piece,
    Summary,
    Trio,
    Verdict,
)
from storage import first_packing, packing
from storage.errors import RecordError

_GRID = 1 / 32  # see generators.walk.rounded
_STEPS = ("i1", "<i2")  # latents as so many steps of the grid
_FIRST_COLUMNS = ("instruments", "leaving", "verdict", "groove_sha256")  # empty in later rows


def to_row(piece: Piece) -> dict[str, Any]:
    """The values of `tables.pieces`, by column name."""
    verdict = piece.verdict
    kind, latents = _packed_latents(piece.latents)
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
        "instruments": None,
        "parents": list(piece.parents),
        "score": packing.pack(piece.trio, piece.bars, {"latents": kind, **_details(piece)}),
        "latents": latents,
        "latent_count": len(piece.latents),
        "leaving": None,
        "humanize_percent": piece.humanize_percent,
        "groove_sha256": "",
        "composer": piece.composer,
        "verdict_total": None if verdict is None else verdict.total,
        "candidates": None if verdict is None else verdict.candidates,
        "verdict": None,
    }


def from_row(row: Mapping[str, Any], *, verify: bool = True) -> Piece:
    """The inverse of `to_row`.

    Args:
        verify: see that its content hashes to its id, which takes as long as all the rest.

    Raises:
        RecordError: the row is damaged, or was altered.
    """
    try:
        trio, bars, details = _unpacked(row)
        piece = Piece(
            **_heading(row),
            trio=trio,
            instruments=_instruments(details["instruments"]),
            bars=bars,
            latents=_latents(row["latents"], row["latent_count"], details["latents"]),
            leaving=_instruments(details["leaving"]) if details.get("leaving") else None,
            humanize_percent=row["humanize_percent"],
            groove_sha256=details["groove_sha256"],
            composer=row["composer"],
            verdict=_verdict(row, details.get("verdict")),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(row, error) from error
    if verify and recipe.identify(piece) != piece.id:
        raise RecordError(
            f"piece {piece.id} was altered: its row hashes to {recipe.identify(piece)}"
        )
    return piece


def summary_of(row: Mapping[str, Any]) -> Summary:
    """What a list shows of a piece.

    Raises:
        RecordError: the row is damaged.
    """
    try:
        if row["score"][:1] == first_packing.MARK:
            instruments = row["instruments"]
        else:
            instruments = packing.unpack_details(row["score"])["instruments"]
        instruments = _instruments(instruments)
        return Summary(**_heading(row), steps=row["steps"], instruments=instruments)
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(row, error) from error


def _heading(row: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in columns of their own, of a piece and of its summary."""
    return {
        "id": row["id"],
        "title": row["title"],
        "origin": row["origin"],
        "tempo_qpm": row["tempo_qpm"],
        "tempo_end_qpm": row["tempo_end_qpm"],
        "key": row["key"],
        "show": row["show"],
        "form": row["form"],
        "seed": row["seed"],
        "temperature": row["temperature"],
        "parents": tuple(row["parents"]),
        "model": row["model"],
        "weights_sha256": row["weights_sha256"],
        "created": row["created"],
    }


def to_entry(piece: Piece) -> dict[str, Any]:
    """The values of `tables.catalogue`, by column name, of a piece that was not on air yet."""
    return {
        "piece_id": piece.id,
        "dated": piece.created,
        "station": None,
        "show": piece.show,
        "key": piece.key,
        "origin": piece.origin,
        "model": piece.model,
        "tempo_qpm": piece.tempo_qpm,
        "density": notes_a_bar(piece),
        "score": None if piece.verdict is None else piece.verdict.total,
    }


def notes_a_bar(piece: Piece) -> float:
    """Of all parts together, drums too."""
    notes = sum(len(getattr(piece.trio, part)) for part in PARTS)
    return notes / (piece.trio.steps / STEPS_PER_BAR)


def _damaged(row: Mapping[str, Any], error: Exception) -> RecordError:
    return RecordError(f"the row of piece {row['id']} is damaged: {error}")


def _details(piece: Piece) -> dict[str, Any]:
    """What has no column. In the order in which the packing's dictionary expects it."""
    details: dict[str, Any] = {
        "groove_sha256": piece.groove_sha256,
        "instruments": recipe.instruments_to_dict(piece.instruments),
    }
    if piece.leaving is not None:
        details["leaving"] = recipe.instruments_to_dict(piece.leaving)
    if piece.verdict is not None:
        verdict = piece.verdict
        details["verdict"] = {"terms": dict(verdict.terms), "rejected": dict(verdict.rejected)}
    return details


def _unpacked(row: Mapping[str, Any]) -> tuple[Trio, tuple[Bar, ...], Mapping[str, Any]]:
    if row["score"][:1] == first_packing.MARK:
        trio, bars = first_packing.unpack(row["score"], row["steps"])
        return trio, bars, {**{name: row[name] for name in _FIRST_COLUMNS}, "latents": "<f4"}
    return packing.unpack(row["score"], row["steps"])


def _verdict(row: Mapping[str, Any], rest: Mapping[str, Any] | None) -> Verdict | None:
    if rest is None:
        return None
    return Verdict(total=row["verdict_total"], candidates=row["candidates"], **rest)


def _instruments(data: dict[str, Any] | list[int]) -> Instruments:
    if isinstance(data, list):  # rows of before there was a mix: [melody, bass, drum_kit]
        melody, bass, drum_kit = data
        return Instruments(melody, bass, drum_kit)
    return recipe.instruments_from_dict(data)


def _packed_latents(latents: np.ndarray) -> tuple[str, bytes]:
    """What kind of number they are held as, and the bytes, exactly.

    Small whole numbers of steps of the grid that a composer rounds to; elsewhere float32.
    """
    whole = latents.astype("<f4").tobytes()
    for kind in _STEPS:
        with np.errstate(all="ignore"):
            data = (latents / _GRID).astype(kind).tobytes()
        if _latents(data, len(latents), kind).tobytes() == whole:
            return kind, data
    return "<f4", whole


def _latents(data: bytes, count: int, kind: str) -> np.ndarray:
    """float32 `(count, z_size)`."""
    if count == 0:
        return np.zeros((0, 0), np.float32)
    numbers = np.frombuffer(data, kind).reshape(count, -1).astype(np.float32)
    return numbers * np.float32(_GRID) if kind in _STEPS else numbers
