"""Rows of a long programme, quickly: real pieces in many variations, as the archive keeps them.

Each piece that was really composed is moved through the keys and packed by the code that packs on
air. Of those, a piece more has its own latents, seed, tempo and time, and the id that all this
hashes to: reading it verifies it like any other. What was packed is the same for many, but every
row is packed by itself, so none is the smaller for that.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from generators import recipe
from generators.keys import parse_key
from generators.music import PARTS, Note, Piece
from generators.walk import GRID, rounded
from storage import packing, rows
from storage.records import FRAMES_A_SECOND

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
BROADCAST_SECONDS = 7 * 86_400  # a restart a week
STATION = "main"
MOST = 3.9  # of a latent's numbers, so that all of them take a byte as most do
_SEED, _TEMPO = 5_555_555_555_555_555_555, 0.123456789  # stand for what each row has of its own
_COMPOSER = "1 cpu float32"  # what a piece made today says

Rows = dict[str, list[dict[str, Any]]]  # by table


@dataclass(frozen=True)
class Template:
    """A piece without what each has of its own."""

    row: dict[str, Any]
    entry: dict[str, Any]
    text: str  # what is hashed, with places for the rest
    seconds_at_one_qpm: float
    latents: tuple[int, int]
    is_old: bool = False


def templates(composed: list[Piece], keys: int = 12) -> list[Template]:
    """Of pieces in the order they were on air, in so many keys each."""
    return [_template(_transposed(piece, shift)) for shift in range(keys) for piece in composed]


def as_before(template: Template) -> Template:
    """The same as revision 0004 kept it."""
    piece = rows.from_row({**template.row, "created": BEGAN}, verify=False)
    parts = [packing._note_columns(getattr(piece.trio, part)).tolist() for part in PARTS]
    score = json.dumps([*parts, packing._bar_columns(piece.bars)], separators=(",", ":"))
    verdict, leaving = piece.verdict, piece.leaving
    terms = verdict and {"terms": dict(verdict.terms), "rejected": dict(verdict.rejected)}
    row = {
        **template.row,
        "score": zlib.compress(score.encode(), 9),
        "instruments": recipe.instruments_to_dict(piece.instruments),
        "leaving": leaving and recipe.instruments_to_dict(leaving),
        "groove_sha256": piece.groove_sha256,
        "verdict": terms,
    }
    del row["composer"]
    text = template.text.replace(f'"composer":"{_COMPOSER}",', "")
    return replace(template, row=row, text=text, is_old=True)


def programme(made: list[Template], count: int, seed: int, batch: int) -> Iterator[Rows]:
    """So many pieces on air one after the other, as rows of four tables."""
    rng = np.random.default_rng(seed)
    at, broadcast, position = BEGAN, "", 0
    for start in range(0, count, batch):
        into: Rows = {"broadcasts": [], "pieces": [], "catalogue": [], "airings": [], "joins": []}
        for number in range(start, min(count, start + batch)):
            template = made[number % len(made)]
            if not broadcast or position > BROADCAST_SECONDS * FRAMES_A_SECOND:
                broadcast, position = rng.bytes(8).hex(), 0
                into["broadcasts"].append({"id": broadcast, "station": STATION, "started_at": at})
            row, seconds = _varied(template, rng, at)
            entry = {**template.entry, "piece_id": row["id"], "dated": at, "station": STATION}
            into["pieces"].append(row)
            into["catalogue"].append({**entry, "tempo_qpm": row["tempo_qpm"]})
            where = {"broadcast_id": broadcast, "station": STATION, "position": position}
            into["airings"].append(
                {**where, "piece_id": row["id"], "aired_at": at, "replayed": False}
            )
            into["joins"].append({**where, **_figures(rng)})
            position += round(seconds * FRAMES_A_SECOND)
            at += timedelta(seconds=seconds)
        yield into


def _template(piece: Piece) -> Template:
    held = replace(
        piece,
        seed=_SEED,
        tempo_qpm=_TEMPO,
        tempo_end_qpm=_TEMPO,
        composer=_COMPOSER,
        latents=rounded(piece.latents.clip(-MOST, MOST)),
    )
    text = json.dumps(recipe._content(held), sort_keys=True, separators=(",", ":"))
    latents = json.dumps(recipe.latents_to_text(held.latents), separators=(",", ":"))
    return Template(
        row=rows.to_row(held),
        entry=rows.to_entry(held),
        text=text.replace(latents, "LATENTS"),
        seconds_at_one_qpm=piece.trio.steps / 4 * 60,
        latents=piece.latents.shape,
    )


def _varied(
    template: Template, rng: np.random.Generator, at: datetime
) -> tuple[dict[str, Any], float]:
    seed, tempo = int(rng.integers(2**63)), round(float(rng.uniform(60, 160)), 1)
    latents = rounded(rng.standard_normal(template.latents, np.float32).clip(-MOST, MOST))
    whole = latents.astype("<f4")
    texts = json.dumps([base64.b64encode(row.tobytes()).decode() for row in whole])
    text = template.text.replace("LATENTS", texts.replace(" ", ""))
    text = text.replace(str(_SEED), str(seed)).replace(str(_TEMPO), str(tempo))
    row = {
        **template.row,
        "id": hashlib.blake2b(text.encode(), digest_size=10).hexdigest(),
        "seed": seed,
        "tempo_qpm": tempo,
        "tempo_end_qpm": tempo,
        "created": at - timedelta(minutes=5),
        "latents": (whole if template.is_old else (latents / GRID).astype("i1")).tobytes(),
    }
    return row, template.seconds_at_one_qpm / tempo


def _transposed(piece: Piece, semitones: int) -> Piece:
    def moved(notes: tuple[Note, ...]) -> tuple[Note, ...]:
        return tuple(replace(n, pitch=min(127, n.pitch + semitones)) for n in notes)

    trio = replace(piece.trio, melody=moved(piece.trio.melody), bass=moved(piece.trio.bass))
    key = parse_key(piece.key)
    return replace(
        piece, trio=trio, key=piece.key if key is None else str(key.transposed(semitones))
    )


def _figures(rng: np.random.Generator) -> dict[str, float]:
    names = ("grid_error_ms", "step_ratio", "worst_ratio", "clash", "loudness_step_lu")
    return {"gap_frames": 0, **dict(zip(names, rng.random(len(names)).tolist(), strict=True))}
