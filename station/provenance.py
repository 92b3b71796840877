"""Where a piece comes from, as a statement that programs can read: JSON-LD.

The terms are schema.org's, and PROV's for what was made from what; what neither has is under
`latentfm:`. The same piece gives the same statement as long as nothing more becomes known of it.
docs/provenance.md says what each field means.

Sources: W3C PROV-O (2013); W3C JSON-LD 1.1 (2020); IPTC Digital Source Type NewsCodes.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from generators import recipe
from generators.music import Piece
from renderer.marks import source_type
from renderer.soundfont import SoundFont
from station.lineage import Overlap, Training, overlap
from storage.records import Airing

CONTEXT = {
    "@vocab": "https://schema.org/",
    "prov": "http://www.w3.org/ns/prov#",
    "latentfm": "urn:latentfm:term:",
}
SPDX = "https://spdx.org/licenses/"
_PROJECT = Path(__file__).parents[1] / "pyproject.toml"
# What a recipe has beside the fields that the statement names itself.
NOT_IN_RECIPE = ("id", "created", "verdict", "title", "trio", "parents", "model", "weights_sha256")


def statement(
    piece: Piece,
    *,
    station: str,
    licence: str,
    font: SoundFont,
    models: Sequence[Training],
    grooves: Sequence[Training] = (),
    first_airing: Airing | None = None,
) -> dict[str, Any]:
    """What the station says of a piece; None in it where nobody knows.

    Args:
        station: its title.
        licence: of the music, by its SPDX name.
        models: those that sang, the one of the melody first; none where they are not at hand.
        grooves: the one that struck the drums.
    """
    return {
        "@context": CONTEXT,
        "@id": piece_name(piece.id),
        "@type": ["MusicComposition", "prov:Entity"],
        "identifier": piece.id,
        "name": piece.title,
        "digitalSourceType": source_type(piece),
        "license": SPDX + licence,
        "dateCreated": _utc(piece.created),
        "publication": _publication(first_airing),
        "prov:wasDerivedFrom": [{"@id": piece_name(parent)} for parent in piece.parents],
        "prov:wasGeneratedBy": {
            "@type": "prov:Activity",
            "prov:wasAssociatedWith": {
                "@type": ["SoftwareApplication", "prov:SoftwareAgent"],
                "name": "Latent FM",
                "latentfm:composer": piece.composer or None,
            },
            "prov:used": [
                *_models(piece.weights_sha256, piece.model, models),
                *_models(piece.groove_sha256, "", grooves),
            ],
            "latentfm:recipe": _recipe(piece),
        },
        "latentfm:notesSha256": notes_sha256(piece),
        "latentfm:nearestTrainingPiece": _nearest(piece, models),
        "latentfm:soundFont": {
            "name": font.name,
            "license": font.licence or None,
            "creditText": font.credits or None,
        },
        "sdPublisher": {
            "@type": "RadioStation",
            "name": station,
            "latentfm:software": {
                "@type": "SoftwareApplication",
                "name": "Latent FM",
                "softwareVersion": software_version(),
            },
        },
    }


def to_bytes(said: Mapping[str, Any]) -> bytes:
    """What is signed: the statement as JSON, the same each time."""
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def piece_name(piece_id: str) -> str:
    return f"urn:latentfm:piece:{piece_id}"


def notes_sha256(piece: Piece) -> str:
    """Of the notes as the API gives them: what `jq -cS .trio` prints, with its newline."""
    trio = recipe.trio_to_dict(piece.trio)
    text = json.dumps(trio, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode() + b"\n").hexdigest()


@cache
def software_version() -> str | None:
    """Of the software that says so; None where its folder does not have it."""
    try:
        project = tomllib.loads(_PROJECT.read_text())["project"]
        return str(project["version"])
    except (OSError, ValueError, KeyError):
        return None


def _publication(airing: Airing | None) -> dict[str, Any] | None:
    if airing is None:
        return None
    return {
        "@type": "BroadcastEvent",
        "startDate": _utc(airing.aired_at),
        "publishedBy": {"@type": "BroadcastService", "name": airing.station},
        "latentfm:broadcast": airing.broadcast_id,
        "latentfm:positionFrames": airing.position,
    }


def _models(sha256: str, name: str, trainings: Sequence[Training]) -> list[dict[str, Any]]:
    if not sha256:
        return []
    if not trainings:  # of another machine, or of another time
        trainings = [Training(name, sha256, None, None, (), None)]
    return [
        {
            "@type": "prov:Entity",
            "name": training.name or None,
            "latentfm:weightsSha256": training.weights_sha256,
            "latentfm:corpusLedgerSha256": training.ledger_sha256,
            "latentfm:corpusSha256": training.corpus_sha256,
            "prov:wasDerivedFrom": [
                {"@type": "Dataset", "name": name, "license": licence}
                for name, licence in training.sets
            ],
        }
        for training in trainings
    ]


def _recipe(piece: Piece) -> dict[str, Any]:
    """All that the notes were made from, as the archive has it."""
    whole = {**recipe.to_dict(piece), "seed": str(piece.seed)}  # 63 bits: a double has 53
    return {name: value for name, value in whole.items() if name not in NOT_IN_RECIPE}


def _nearest(piece: Piece, models: Sequence[Training]) -> dict[str, Any] | None:
    """How far off the nearest piece is that the melody's model was trained on, at the least."""
    known = models[0].known if models else None
    found: Overlap | None = None if known is None else overlap(piece.trio, known)
    if found is None:
        return None
    return {
        "@type": "PropertyValue",
        "name": "distance to the nearest training piece, at least",
        "value": round(1 - found.shared, 6),
        "measurementTechnique": "share of the melody's stretches of eight notes that no training "
        "melody has in any key",
        "latentfm:overlap": asdict(found),
    }


def _utc(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
