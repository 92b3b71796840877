"""Dials: what holds at which hour, and what a piece becomes by them."""

from __future__ import annotations

from datetime import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.attributes import ATTRIBUTES
from generators.directions import load_directions
from generators.keys import Key
from generators.weights import SHIPPED_MODEL
from station.controls import BOUNDS, Controls
from station.dials import STEERING, WISHES, Dials, dials_at, steer, wish
from station.show_settings import DAY, NIGHT, ShowSettings

NOON = time(12)
SHOW = ShowSettings(
    name="Rising",
    starts=time(6),
    temperature=0.9,
    adventure=((time(6), 0.3), (time(18), 0.7)),
    energy=((time(6), -0.5), (time(18), 0.5)),
)
DIALS = ("energy", "brightness", "density")
turns = st.floats(-1, 1)


def dials(**turned: float) -> Dials:
    return dials_at(DAY, Controls(**turned), NOON)  # type: ignore[arg-type]  # no key among them


def test_untouched_controls_leave_all_to_the_show() -> None:
    now = dials_at(NIGHT, Controls(), NOON)
    assert (now.energy, now.adventure, now.temperature) == (-0.3, 0.5, 0.8)
    assert (now.tempo, now.key) == (1.0, None)


def test_a_shows_curve_moves_through_the_day() -> None:
    hours = [dials_at(SHOW, Controls(), time(hour)).energy for hour in range(6, 19)]
    assert hours == sorted(hours)
    assert (hours[0], hours[-1]) == (-0.5, 0.5)


def test_what_the_operator_turns_goes_before_the_show() -> None:
    assert dials_at(SHOW, Controls(energy=0.9, density=0.0), NOON).energy == 0.9


def test_more_adventure_than_the_shows_is_wilder() -> None:
    at_noon = dials_at(SHOW, Controls(adventure=0.9), NOON)  # the show's own is 0.5
    assert at_noon.temperature == pytest.approx(0.9 + 0.4 * 0.4)


def test_turning_energy_hurries_a_little() -> None:
    assert 1.0 < dials(energy=1.0).tempo <= 1.06


def test_the_key_is_read() -> None:
    assert dials_at(DAY, Controls(key="A minor"), NOON).key == Key(9, "minor")


@given(
    st.fixed_dictionaries({}, optional={name: st.floats(*BOUNDS[name]) for name in BOUNDS}),
    st.times(),
)
def test_dials_stay_within_their_bounds(turned: dict[str, float], now: time) -> None:
    found = dials_at(SHOW, Controls(**turned), now)  # type: ignore[arg-type]  # no key among them
    for name in (*DIALS, "adventure"):
        assert BOUNDS[name][0] <= getattr(found, name) <= BOUNDS[name][1]
    assert 0.1 <= found.temperature <= 1.5


@given(st.integers(0, 24 * 60 - 1), st.none() | st.floats(0, 1))
def test_dials_never_jump_in_time(minute: int, adventure: float | None) -> None:
    controls = Controls(adventure=adventure)
    now = time(minute // 60, minute % 60)
    before, after = (dials_at(SHOW, controls, each) for each in (now, now.replace(second=1)))
    for name in (*DIALS, "adventure", "temperature", "tempo"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), abs=1e-3)


def test_dials_at_rest_leave_a_piece_where_it_is(rng: np.random.Generator) -> None:
    latents = rng.standard_normal((3, 128), np.float32)
    steered = steer(latents, dials(), load_directions(SHIPPED_MODEL))
    assert steered == pytest.approx(latents, abs=1e-5)


def test_without_directions_nothing_is_steered(rng: np.random.Generator) -> None:
    latents = rng.standard_normal((3, 128), np.float32)
    assert steer(latents, dials(energy=1.0), None) is latents


@pytest.mark.parametrize("dial", DIALS)
def test_a_dial_takes_a_piece_where_it_is_mainly_about(dial: str, rng: np.random.Generator) -> None:
    directions = load_directions(SHIPPED_MODEL)
    assert directions is not None
    latents = rng.standard_normal((1, 128), np.float32)
    main = max(STEERING[dial], key=STEERING[dial].__getitem__)
    steered = steer(latents, dials(**{dial: 1.0}), directions)
    lies = (steered @ np.linalg.pinv(directions.vectors))[0, directions.names.index(main)]
    assert lies == pytest.approx(STEERING[dial][main], abs=0.1)


@given(turns, turns, turns)
def test_turning_a_little_moves_a_little(energy: float, brightness: float, density: float) -> None:
    directions = load_directions(SHIPPED_MODEL)
    latents = np.random.default_rng(1).standard_normal((2, 128), np.float32)
    turned = dials(energy=energy, brightness=brightness, density=density)
    nudged = dials(energy=energy * 0.999, brightness=brightness * 0.999, density=density * 0.999)
    moved = steer(latents, turned, directions) - steer(latents, nudged, directions)
    assert np.abs(moved).max() < 0.02


def test_dials_at_rest_wish_for_nothing() -> None:
    assert wish(dials()) == {}


def test_opposite_turns_wish_for_the_opposite() -> None:
    up, down = wish(dials(brightness=0.5)), wish(dials(brightness=-0.5))
    assert down == {name: -weight for name, weight in up.items()}
    assert up["mode"] > 0


def test_a_minor_key_wishes_for_minor() -> None:
    assert wish(dials_at(DAY, Controls(key="A minor"), NOON)) == {"mode": -1.0}


def test_every_dial_speaks_of_attributes_there_are() -> None:
    spoken = {name for table in (STEERING, WISHES) for dial in table.values() for name in dial}
    assert spoken <= ATTRIBUTES.keys()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)
