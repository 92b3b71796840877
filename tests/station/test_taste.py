"""The walk leans to what listeners like, and goes on wandering."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.cast import Cast
from generators.recipe import identified
from generators.walk import near, prior
from generators.weights import ModelFolder
from station.archive_settings import RatingSettings
from station.composer import Composer
from station.controls import Controls
from station.programme import Programme
from station.settings import Settings, StationSettings
from station.show_settings import DAY
from station.taste import NEAREST, Favourite, Taste, angle_between, confidence, leant
from station.timeline import utc_now
from storage.ratings import RatedPiece, Ratings
from storage.records import Rating
from tests.generators.tiny import TINY
from tests.pieces import make_piece
from tests.station.fakes import MIDNIGHT, InProcess

Z = 128
PIECES = 400


def favourites(count: int, *, sure: float = 0.72, z_size: int = Z) -> tuple[Favourite, ...]:
    latents = (prior(np.random.default_rng([9, number]), z_size) for number in range(count))
    return tuple(Favourite(latent, DAY.name, sure) for latent in latents)


def walked(taste: Taste, adventure: float) -> list[np.ndarray]:
    """Where pieces begin, as the composer goes on from one to the next."""
    rng = np.random.default_rng(1)
    places = [prior(rng, Z)]
    for _ in range(PIECES):
        places.append(near(taste.lean(places[-1], DAY.name, rng), rng, adventure))
    return places


def to_the_nearest(places: list[np.ndarray], liked: tuple[Favourite, ...]) -> float:
    """Degrees, on the mean."""
    angles = [min(angle_between(place, each.latent) for each in liked) for place in places]
    return math.degrees(float(np.mean(angles)))


def variety(places: list[np.ndarray]) -> float:
    """Degrees between any two, on the mean."""
    unit = np.stack([place / np.linalg.norm(place) for place in places])
    angles = np.arccos(np.clip(unit @ unit.T, -1, 1))
    return math.degrees(float(angles[np.triu_indices(len(unit), 1)].mean()))


@given(st.integers(0, 2**32), st.floats(0, 1))
def test_no_piece_is_drawn_nearer_than_another_section(seed: int, way: float) -> None:
    rng = np.random.default_rng(seed)
    liked = prior(rng, Z)
    home = near(liked, rng, way)
    before, after = (angle_between(place, liked) for place in (home, leant(home, liked)))
    assert after <= before + 1e-4
    assert after >= min(before, NEAREST) - 1e-4


@pytest.mark.parametrize(("count", "adventure"), [(1, 0.5), (5, 0.6), (50, 0.6)])
def test_at_full_weight_pieces_lie_nearer_to_what_is_liked(count: int, adventure: float) -> None:
    liked = favourites(count)
    plain, leaning = walked(Taste(), adventure), walked(Taste(liked, 1.0), adventure)
    assert to_the_nearest(leaning, liked) < to_the_nearest(plain, liked) - 4


@pytest.mark.parametrize(("count", "adventure"), [(1, 0.5), (5, 0.6), (50, 0.6)])
def test_at_full_weight_the_walk_keeps_most_of_its_variety(count: int, adventure: float) -> None:
    plain = walked(Taste(), adventure)
    leaning = walked(Taste(favourites(count, sure=0.95), 1.0), adventure)
    assert variety(leaning) > 0.85 * variety(plain)


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_nobody_is_sure_before_many_have_said_so(likes: int, dislikes: int) -> None:
    sure = confidence(Ratings(likes, dislikes))
    assert 0 <= sure <= likes / max(1, likes + dislikes)
    assert sure <= confidence(Ratings(likes + 1, dislikes))
    assert sure >= confidence(Ratings(likes, dislikes + 1))


def test_one_like_weighs_little() -> None:
    assert confidence(Ratings()) == 0
    assert confidence(Ratings(1, 0)) == pytest.approx(0.207, abs=0.001)
    assert confidence(Ratings(10, 0)) == pytest.approx(0.722, abs=0.001)


@pytest.mark.parametrize(
    "taste",
    [
        Taste(favourites(3), weight=0.0),
        Taste(tuple(replace(each, show="another") for each in favourites(3)), weight=1.0),
        Taste(favourites(3, z_size=64), weight=1.0),
        Taste(favourites(3, sure=0.0), weight=1.0),
    ],
    ids=["no weight", "another show", "another model", "not sure"],
)
def test_without_something_to_lean_to_no_dice_are_thrown(taste: Taste) -> None:
    rng, untouched = np.random.default_rng(1), np.random.default_rng(1)
    home = prior(np.random.default_rng(2), Z)
    assert taste.lean(home, DAY.name, rng) is home
    assert rng.random() == untouched.random()


def test_a_favourite_is_where_the_piece_begins() -> None:
    piece = make_piece(seed=3)
    [found] = Taste.of([RatedPiece(piece, Ratings(10, 0))], 0.5).favourites
    np.testing.assert_array_equal(found.latent, piece.latents[piece.bars[0].start])
    assert (found.show, found.confidence) == (piece.show, confidence(Ratings(10, 0)))


async def test_equal_seeds_and_ratings_compose_equal_pieces(decoder: InProcess) -> None:
    show = DAY.model_copy(update={"bridge_bars": 2})
    taste = Taste(favourites(2, sure=1.0, z_size=TINY.z_size), 1.0)

    def composer(taste: Taste, seed: int = 7) -> Composer:
        composer = Composer(decoder, seed=seed, candidates=1, clock=lambda: MIDNIGHT)
        composer.taste = taste
        return composer

    [first] = await composer(taste, seed=1).compose(None, show, Controls())
    one, same, plain = [
        (await composer(each).compose(first, show, Controls()))[-1]
        for each in (taste, taste, Taste())
    ]
    assert one.id == same.id != plain.id


async def test_a_station_learns_unless_its_seed_promises_the_same_programme(
    settings: Settings, model_folder: ModelFolder
) -> None:
    stations = {"free": StationSettings(), "steady": StationSettings(seed=7)}
    ratings = RatingSettings(weight=0.5)
    programme = Programme(settings.model_copy(update={"stations": stations, "ratings": ratings}))
    programme.generator.model = Cast(model_folder)
    liked = identified(replace(make_piece(seed=3), weights_sha256=model_folder.sha256))
    hour = utc_now().replace(minute=0, second=0, microsecond=0)
    programme.journal.made(liked)
    programme.journal.append(Rating("0" * 20, liked.id, hour, 1, 0))
    assert await asyncio.to_thread(programme.journal.flush, 10)
    await programme.learn_taste()
    free, steady = (station.composer.taste for station in programme.stations.values())
    assert [each.confidence for each in free.favourites] == [confidence(Ratings(1, 0))]
    assert steady == Taste()
    for station in programme.stations.values():
        station.free()
    programme.journal.close(5)
    programme.database.close()
