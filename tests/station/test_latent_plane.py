"""The plane that all pieces of a model share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.cast import Cast, open_cast
from generators.directions import load_directions
from generators.music import Bar, Piece
from generators.walk import bar_latent
from generators.weights import SHIPPED_MODEL
from station.dials import Dials, steer
from station.latent_plane import LatentPlane, drawn_plane, plane_between, plane_of
from tests.pieces import make_piece

REST = Dials(0.0, 0.0, 0.0, 0.3, 0.9, 1.0, None)
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def model() -> Cast:
    return open_cast(SHIPPED_MODEL, {})


@pytest.fixture(scope="module")
def plane(model: Cast) -> LatentPlane:
    found = plane_of(model)
    assert found is not None
    return found


def turned(dial: str, turn: float) -> Dials:
    return replace(REST, **{dial: turn})  # type: ignore[arg-type]  # of the key, which is none


def of(plane: LatentPlane, piece: Piece, **changes: object) -> Piece:
    """As if its model had made it."""
    facts = {"weights_sha256": plane.weights_sha256, "id": ""} | changes
    return replace(piece, **facts)  # type: ignore[arg-type]  # names and types as Piece has them


@given(seed=seeds, bars=st.integers(1, 12), latents=st.integers(1, 5))
def test_a_bar_lies_where_the_great_circle_has_it(seed: int, bars: int, latents: int) -> None:
    plane = drawn_plane("a1" * 32, 128)
    dice = np.random.default_rng(seed)
    ends = dice.integers(0, latents, (bars, 2)).tolist()
    path = tuple(Bar(start, end, float(dice.random()), 0) for start, end in ends)
    piece = of(plane, make_piece(seed=seed, bars=bars, latents=latents), bars=path, id=str(seed))
    walk = plane.walk(piece)
    assert walk is not None
    exact = np.stack([bar_latent(piece.latents, bar) for bar in path]) @ plane.vectors.T
    assert np.array(walk.bars) == pytest.approx(exact, abs=0.002)


@given(seed=seeds)
def test_both_axes_stand_at_right_angles_and_are_as_long(seed: int) -> None:
    vectors = plane_between(*np.random.default_rng(seed).standard_normal((2, 64)))
    products = vectors @ vectors.T
    assert products == pytest.approx(products[0, 0] * np.eye(2), abs=1e-5)


def test_there_is_no_plane_between_parallel_directions() -> None:
    way = np.arange(1.0, 9.0)
    with pytest.raises(ValueError, match="not parallel"):
        plane_between(way, 3 * way)


def test_the_bulk_of_the_prior_lies_between_minus_1_and_1(plane: LatentPlane) -> None:
    latents = np.random.default_rng(3).standard_normal((2_000, 128))
    inside = np.abs(latents @ plane.vectors.T) < 1
    assert inside.mean() == pytest.approx(0.97, abs=0.01)


@pytest.mark.parametrize(("dial", "axis"), [("brightness", 0), ("energy", 1)])
def test_a_dial_moves_music_along_its_own_axis(
    plane: LatentPlane, model: Cast, dial: str, axis: int
) -> None:
    latents = np.random.default_rng(4).standard_normal((1, 128)).astype(np.float32)
    directions = load_directions(model.lead.path)
    low, high = (
        steer(latents, turned(dial, turn), directions) @ plane.vectors.T for turn in (-1.0, 1.0)
    )
    moved = (high - low)[0]
    assert moved[axis] > 0.5
    assert abs(moved[1 - axis]) < 0.25 * moved[axis]


def test_a_model_without_directions_has_a_plane_of_its_own_that_means_nothing() -> None:
    one, again, other = (drawn_plane(sha, 16) for sha in ("ab" * 32, "ab" * 32, "cd" * 32))
    assert (one.vectors == again.vectors).all()
    assert (one.vectors != other.vectors).any()
    assert not one.axes[0].name


@pytest.mark.parametrize("changes", [{"bars": ()}, {"weights_sha256": "f" * 64}])
def test_what_another_model_or_none_made_has_no_place(
    plane: LatentPlane, changes: dict[str, object]
) -> None:
    assert plane.walk(of(plane, make_piece(), **changes)) is None


def test_without_a_model_there_is_no_plane() -> None:
    assert plane_of(None) is None


def test_a_piece_is_walked_once(plane: LatentPlane) -> None:
    piece = of(plane, make_piece(), id="once")
    assert plane.walk(piece) is plane.walk(piece)
