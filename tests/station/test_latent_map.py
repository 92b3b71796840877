"""A piece's path through latent space, drawn flat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from generators.music import Bar
from station.latent_map import latent_map
from tests.pieces import make_piece


def test_the_distances_between_three_latents_are_kept() -> None:
    piece = make_piece(latents=3)
    piece = replace(piece, bars=tuple(Bar(bar % 3, bar % 3, 0.0, bar) for bar in range(4)))
    found = latent_map(piece)
    assert found is not None
    flat = np.array(found.latents)
    for one in range(3):
        for other in range(3):
            apart = np.linalg.norm(piece.latents[one] - piece.latents[other])
            assert np.linalg.norm(flat[one] - flat[other]) == pytest.approx(apart, abs=0.01)
    assert found.bars == (*found.latents, found.latents[0])


def test_equal_pieces_have_equal_maps() -> None:
    assert latent_map(make_piece(seed=5)) == latent_map(make_piece(seed=5))


def test_a_single_place_is_one_point() -> None:
    piece = make_piece(latents=1)
    found = latent_map(piece)
    assert found is not None
    assert set(found.bars) == set(found.latents) == {(0.0, 0.0)}


def test_a_piece_that_no_model_made_has_no_map() -> None:
    assert latent_map(replace(make_piece(latents=0), bars=())) is None
