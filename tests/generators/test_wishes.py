"""Wishes: the candidate that has more of what is asked for gets the better mark."""

from __future__ import annotations

import numpy as np
import pytest

from generators.attributes import ATTRIBUTES
from generators.events import trio_to_tokens
from generators.wishes import granted
from tests.generators.test_attributes import MAJOR, MINOR, song

CALM = trio_to_tokens(song(every=8, degrees=MINOR, hats=4))
LIVELY = trio_to_tokens(song(every=2, degrees=MAJOR, hats=16, up=7))
BOTH = np.stack([CALM, LIVELY])


@pytest.mark.parametrize("name", ["density", "register", "drums", "mode"])
def test_a_wish_is_better_granted_by_more_of_it(name: str) -> None:
    calm, lively = granted(BOTH, {name: 1.0})
    assert lively > calm


def test_a_wish_for_less_turns_the_choice_round() -> None:
    calm, lively = granted(BOTH, {"drums": -1.0})
    assert calm > lively


def test_without_a_wish_all_are_as_good() -> None:
    assert granted(BOTH, {}).tolist() == [1.0, 1.0]


def test_marks_stay_between_nothing_and_all() -> None:
    marks = granted(BOTH, dict.fromkeys(ATTRIBUTES, 5.0))
    assert ((marks >= 0) & (marks <= 1)).all()


def test_an_unknown_attribute_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'loudness'; there are density, register"):
        granted(BOTH, {"loudness": 1.0})
