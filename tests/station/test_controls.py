"""What an operator turns while on air."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.controls import BOUNDS, Controls


def test_a_control_is_turned_and_the_others_stay() -> None:
    assert Controls(tempo=1.2).changed({"temperature": 0.9}) == Controls(1.2, 0.9, None)


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
        ("temperature", 0.0),
        ("adventure", "much"),
        ("adventure", True),
        ("tempo", float("nan")),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: Any) -> None:
    low, high = BOUNDS[name]
    with pytest.raises(ValueError, match=f"{name} must be .*from {low} to {high}"):
        Controls().changed({name: value})


def test_an_unknown_control_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'volume'; there are tempo, temperature, adventure"):
        Controls().changed({"volume": 11})


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
    for name, value in controls.as_dict().items():
        assert value is None or BOUNDS[name][0] <= value <= BOUNDS[name][1]
