"""A piece as plain data and back: what the journal, the database and the worker pass around."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np

from generators.music import PARTS, Bar, Instruments, Mix, Note, Piece, Strip, Trio, Verdict

RECIPE_VERSION = 1
# Of all the code between a recipe and its notes. Raise it when the same recipe comes to give other
# notes: tests/station/test_regenerate.py says when.
COMPOSER_VERSION = 1
# Fields that came later are left out where they say nothing: what was hashed before them hashes
# alike. The first so many were always there.
FIRST_FIELDS: dict[type, int] = {Note: 4, Bar: 6}
# What gives all fields of a value, and the defaults of the later ones: there are many notes.
_COLUMNS = {
    kind: (
        operator.attrgetter(*(field.name for field in dataclasses.fields(kind))),
        first,
        [field.default for field in dataclasses.fields(kind)[first:]],
    )
    for kind, first in FIRST_FIELDS.items()
}

Clock = Callable[[], datetime]  # now, UTC: given, so that a test can live in any century


def to_dict(piece: Piece) -> dict[str, Any]:
    """The piece as JSON can hold it. Notes are `[start, end, pitch, velocity]`."""
    beside: dict[str, Any] = {"id": piece.id, "created": piece.created.isoformat()}
    if piece.verdict is not None:
        beside["verdict"] = dataclasses.asdict(piece.verdict)
    return {**beside, **_content(piece)}


def from_dict(data: dict[str, Any]) -> Piece:
    """The inverse of `to_dict`.

    Raises:
        ValueError: a field is missing or wrong, or the content does not hash to the id.
    """
    try:
        piece = Piece(
            id=data["id"],
            title=data["title"],
            trio=trio_from_dict(data["trio"]),
            origin=data["origin"],
            tempo_qpm=data["tempo_qpm"],
            tempo_end_qpm=data["tempo_end_qpm"],
            key=data["key"],
            instruments=instruments_from_dict(data["instruments"]),
            show=data["show"],
            form=data["form"],
            bars=tuple(Bar(*bar) for bar in data["bars"]),
            seed=data["seed"],
            temperature=data["temperature"],
            parents=tuple(data["parents"]),
            model=data["model"],
            weights_sha256=data["weights_sha256"],
            created=datetime.fromisoformat(data["created"]),
            latents=latents_from_text(data["latents"]),
            leaving=instruments_from_dict(data["leaving"]) if "leaving" in data else None,
            humanize_percent=data.get("humanize_percent", 0),
            groove_sha256=data.get("groove_sha256", ""),
            composer=data.get("composer", ""),
            verdict=Verdict(**data["verdict"]) if "verdict" in data else None,
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is not a piece: {error!r}") from error
    if identify(piece) != piece.id:
        raise ValueError(f"piece {piece.id} was altered: its content hashes to {identify(piece)}")
    return piece


def composer(arithmetic: str = "") -> str:
    """What a piece made now says of its composer; `arithmetic` is that of the model, if one sang.

    Products round otherwise on another kind of device or at another precision, and a token that
    lies on the edge then falls to the other side.
    """
    return f"{COMPOSER_VERSION} {arithmetic}".rstrip()


def identified(piece: Piece) -> Piece:
    """The same piece under the id that its content gives it."""
    return dataclasses.replace(piece, id=identify(piece))


def identify(piece: Piece) -> str:
    """20 hex digits: equal pieces have equal ids, whoever makes them, whenever."""
    text = json.dumps(_content(piece), sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def trio_to_dict(trio: Trio) -> dict[str, Any]:
    """Notes as `[start, end, pitch, velocity]`, and `offset_ticks` where there are any."""
    parts = {part: [_row(note) for note in getattr(trio, part)] for part in PARTS}
    return {"steps": trio.steps, **parts}


def trio_from_dict(data: dict[str, Any]) -> Trio:
    parts = {part: tuple(Note(*note) for note in data[part]) for part in PARTS}
    return Trio(steps=data["steps"], **parts)


def instruments_to_dict(instruments: Instruments) -> dict[str, Any]:
    data = dataclasses.asdict(instruments)
    if instruments.soundfont == "":
        del data["soundfont"]
    if instruments.mix == Mix():
        del data["mix"]
    return data


def instruments_from_dict(data: dict[str, Any]) -> Instruments:
    rest = dict(data)
    mix = {part: Strip(**strip) for part, strip in rest.pop("mix", {}).items()}
    return Instruments(**rest, mix=Mix(**mix))


def latents_to_text(latents: np.ndarray) -> list[str]:
    """Each latent as base64 of its little-endian float32 bytes."""
    return [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in latents]


def latents_from_text(rows: list[str]) -> np.ndarray:
    if not rows:
        return np.zeros((0, 0), np.float32)
    return np.stack([np.frombuffer(base64.b64decode(row), "<f4") for row in rows])


def _row(value: Note | Bar) -> list[Any]:
    """Its fields, in order."""
    values, first, defaults = _COLUMNS[type(value)]
    row = list(values(value))
    while len(row) > first and row[-1] == defaults[len(row) - first - 1]:
        row.pop()
    return row


def _content(piece: Piece) -> dict[str, Any]:
    content: dict[str, Any] = {
        "recipe": RECIPE_VERSION,
        "title": piece.title,
        "trio": trio_to_dict(piece.trio),
        "origin": piece.origin,
        "tempo_qpm": float(piece.tempo_qpm),  # 120 and 120.0 are one tempo
        "tempo_end_qpm": float(piece.tempo_end_qpm),
        "key": piece.key,
        "instruments": instruments_to_dict(piece.instruments),
        "show": piece.show,
        "form": piece.form,
        "bars": [_row(bar) for bar in piece.bars],
        "seed": piece.seed,
        "temperature": float(piece.temperature),
        "parents": list(piece.parents),
        "model": piece.model,
        "weights_sha256": piece.weights_sha256,
        "latents": latents_to_text(piece.latents),
    }
    if piece.leaving is not None:
        content["leaving"] = instruments_to_dict(piece.leaving)
    if piece.humanize_percent:
        content["humanize_percent"] = piece.humanize_percent
    if piece.groove_sha256:
        content["groove_sha256"] = piece.groove_sha256
    if piece.composer:
        content["composer"] = piece.composer
    return content
