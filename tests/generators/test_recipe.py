"""A piece as plain data and back."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from generators.music import Piece
from generators.recipe import from_dict, identified, identify, to_dict
from tests.pieces import make_piece, pieces


@settings(max_examples=50, deadline=None)
@given(pieces())
def test_a_piece_survives_json(piece: Piece) -> None:
    again = from_dict(json.loads(json.dumps(to_dict(piece))))
    assert again == piece
    np.testing.assert_array_equal(again.latents, piece.latents)


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", "Another"), ("seed", 99), ("tempo_qpm", 121.0), ("weights_sha256", "1" * 64)],
)
def test_altered_content_is_refused(field: str, value: Any) -> None:
    data = to_dict(make_piece()) | {field: value}
    with pytest.raises(ValueError, match="was altered"):
        from_dict(data)


def test_an_altered_note_is_refused() -> None:
    data = to_dict(make_piece())
    data["trio"]["melody"][0][2] += 1
    with pytest.raises(ValueError, match="was altered"):
        from_dict(data)


@pytest.mark.parametrize("missing", ["trio", "bars", "created", "latents"])
def test_a_missing_field_is_named(missing: str) -> None:
    data = to_dict(make_piece())
    del data[missing]
    with pytest.raises(ValueError, match=missing):
        from_dict(data)


def test_an_id_says_nothing_of_when_it_was_made() -> None:
    piece = make_piece()
    later = dataclasses.replace(piece, created=piece.created + timedelta(days=1))
    assert identify(later) == piece.id


def test_a_whole_number_tempo_has_the_id_of_its_float() -> None:
    assert identify(make_piece(tempo_qpm=120)) == identify(make_piece(tempo_qpm=120.0))


def test_other_latents_are_another_piece() -> None:
    piece = make_piece()
    other = identified(dataclasses.replace(piece, latents=piece.latents + 1))
    assert other.id != piece.id
