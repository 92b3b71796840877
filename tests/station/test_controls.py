"""What an operator turns while on air."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.controls import BOUNDS, Controls


def test_a_control_is_turned_and_the_others_stay() -> None:
    assert Controls(tempo=1.2).changed({"energy": 0.9}) == Controls(tempo=1.2, energy=0.9)


def test_none_gives_a_control_back_to_the_show() -> None:
    assert Controls(adventure=0.5).changed({"adventure": None}).adventure is None


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds_themselves_are_allowed(name: str) -> None:
    for value in BOUNDS[name]:
        assert getattr(Controls().changed({name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tempo", 1.51),
        ("tempo", None),
        ("energy", -1.01),
        ("density", False),
        ("brightness", float("inf")),
        ("adventure", "much"),
        ("adventure", True),
        ("tempo", float("nan")),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: Any) -> None:
    low, high = BOUNDS[name]
    with pytest.raises(ValueError, match=f"{name} must be .*from {low} to {high}"):
        Controls().changed({name: value})


def test_a_key_is_written_as_musicians_do() -> None:
    assert Controls().changed({"key": "C# minor"}).key == "Db minor"
    assert Controls(key="A minor").changed({"key": None}).key is None


@pytest.mark.parametrize("key", ["H minor", "A", "", 9, True])
def test_what_is_no_key_is_refused(key: Any) -> None:
    with pytest.raises(ValueError, match=r"key.* 'A minor'"):
        Controls().changed({"key": key})


def test_an_unknown_control_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'volume'; there are energy, brightness, density"):
        Controls().changed({"volume": 11})


def test_who_turns_temperature_is_told_what_replaced_it() -> None:
    with pytest.raises(ValueError, match="turn adventure"):
        Controls().changed({"temperature": 0.9})


def test_one_wrong_value_changes_nothing() -> None:
    controls = Controls()
    with pytest.raises(ValueError, match="adventure"):
        controls.changed({"tempo": 1.2, "adventure": 7})
    assert controls == Controls()


@given(st.dictionaries(st.sampled_from(sorted(BOUNDS)), st.floats() | st.none()))
def test_controls_are_always_within_bounds(changes: dict[str, float | None]) -> None:
    try:
        controls = Controls().changed(changes)
    except ValueError:
        return
    for name, (low, high) in BOUNDS.items():
        value = controls.as_dict()[name]
        assert value is None or low <= float(value) <= high
