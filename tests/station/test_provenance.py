"""What the station says of a piece is true, complete, and the same each time."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generators.critic import judge
from generators.events import trio_to_tokens
from generators.music import STEPS_PER_BAR, Note, Piece, Trio
from generators.ngrams import load_known, melody_ngrams
from generators.recipe import identified, to_dict
from generators.weights import SHIPPED_MODEL, open_model
from renderer.marks import BY_A_MODEL, BY_RULE
from renderer.soundfont import SoundFont
from station.lineage import Lineage, Training
from station.provenance import notes_sha256, statement, to_bytes
from station.settings import GeneratorSettings
from storage.records import Airing
from tests.pieces import CREATED, make_piece

FONT = SoundFont(Path("font.sf2"), "A font", 1, licence="CC0", credits="Its makers")
TUNE = tuple(
    Note(step, step + 2, 60 + 5 * number % 7 + number % 3)
    for number, step in enumerate(range(0, 64, 2))
)


def said_of(
    piece: Piece, models: tuple[Training, ...] = (), airing: Airing | None = None
) -> dict[str, Any]:
    return statement(
        piece, station="Test", licence="CC0-1.0", font=FONT, models=models, first_airing=airing
    )


def piece_with(melody: tuple[Note, ...]) -> Piece:
    piece = make_piece(bars=4)
    return identified(replace(piece, trio=Trio(melody, (), (), 4 * STEPS_PER_BAR)))


@pytest.fixture(scope="module")
def shipped() -> tuple[Training, ...]:
    return Lineage(GeneratorSettings()).of(open_model(SHIPPED_MODEL).sha256)


def test_the_shipped_model_names_its_corpus(shipped: tuple[Training, ...]) -> None:
    [training] = shipped
    assert training.name == "trio-4bar-small"
    assert len(training.ledger_sha256 or "") == 64
    assert len(training.corpus_sha256 or "") == 64
    assert all(licence for _, licence in training.sets)


def test_a_statement_has_all_that_the_piece_was_made_from(shipped: tuple[Training, ...]) -> None:
    weights = shipped[0].weights_sha256
    piece = replace(make_piece(), weights_sha256=weights, parents=("1" * 20, "2" * 20))
    made = said_of(piece, shipped)["prov:wasGeneratedBy"]
    [model] = made["prov:used"]
    assert model["latentfm:weightsSha256"] == weights
    assert model["latentfm:corpusLedgerSha256"] == shipped[0].ledger_sha256
    whole = {**to_dict(piece), "seed": str(piece.seed)}
    recipe = made["latentfm:recipe"]
    assert {name: whole[name] for name in recipe} == recipe
    assert {"latents", "bars", "seed", "temperature", "form", "recipe"} <= recipe.keys()
    parents = [parent["@id"] for parent in said_of(piece)["prov:wasDerivedFrom"]]
    assert parents == ["urn:latentfm:piece:" + digit * 20 for digit in "12"]


def test_the_same_piece_gives_the_same_bytes() -> None:
    assert to_bytes(said_of(make_piece())) == to_bytes(said_of(make_piece()))


def test_an_unknown_model_is_named_by_its_weights_alone() -> None:
    [model] = said_of(make_piece())["prov:wasGeneratedBy"]["prov:used"]
    assert (model["name"], model["latentfm:weightsSha256"]) == ("test", "0" * 64)
    assert model["latentfm:corpusLedgerSha256"] is None
    assert said_of(make_piece())["latentfm:nearestTrainingPiece"] is None


def test_what_rules_made_has_no_model() -> None:
    pattern = replace(make_piece(origin="pattern"), weights_sha256="")
    said = said_of(pattern)
    assert said["prov:wasGeneratedBy"]["prov:used"] == []
    assert said["digitalSourceType"] == BY_RULE
    assert said_of(make_piece())["digitalSourceType"] == BY_A_MODEL


def test_the_first_airing_is_told() -> None:
    airing = Airing("b1", "main", 4_800, make_piece().id, CREATED)
    publication = said_of(make_piece(), airing=airing)["publication"]
    assert publication["startDate"] == "2026-01-01T00:00:00Z"
    assert publication["latentfm:positionFrames"] == 4_800
    assert said_of(make_piece())["publication"] is None


def test_a_tune_of_the_training_set_has_no_distance_from_it() -> None:
    piece = piece_with(TUNE)
    hashes, _ = melody_ngrams(_tokens(piece))
    known = np.unique((hashes >> np.uint64(32)).astype(np.uint32))
    training = Training("m", "0" * 64, None, None, (), known)
    assert said_of(piece, (training,))["latentfm:nearestTrainingPiece"]["value"] == 0


def test_a_tune_that_nobody_knows_is_as_far_as_can_be(shipped: tuple[Training, ...]) -> None:
    leaps = tuple(Note(step, step + 1, 30 + 37 * step % 60) for step in range(0, 64))
    nearest = said_of(piece_with(leaps), shipped)["latentfm:nearestTrainingPiece"]
    assert nearest["value"] == 1
    assert nearest["latentfm:overlap"]["stretches"] == 64 - 7


def test_a_tune_too_short_to_know_has_no_distance(shipped: tuple[Training, ...]) -> None:
    assert said_of(piece_with(TUNE[:5]), shipped)["latentfm:nearestTrainingPiece"] is None


def test_the_statement_and_the_critic_count_the_same_stretches(
    shipped: tuple[Training, ...],
) -> None:
    known = load_known(SHIPPED_MODEL)
    piece = make_piece(bars=16)
    assert known is not None
    nearest = said_of(piece, shipped)["latentfm:nearestTrainingPiece"]
    is_far = nearest["value"] >= 0.95  # what the critic's band for "own" begins at
    assert (judge(piece.trio, known=known).terms["own"] == 1) == is_far


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_the_hash_of_the_notes_can_be_made_with_jq(tmp_path: Path) -> None:
    piece = make_piece()
    (tmp_path / "piece.json").write_text(json.dumps(to_dict(piece)))
    command = "jq -cS .trio piece.json | sha256sum"
    made = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert made.stdout.split()[0] == notes_sha256(piece), made.stderr


def _tokens(piece: Piece) -> np.ndarray:
    return trio_to_tokens(piece.trio)[None, :, 0]
