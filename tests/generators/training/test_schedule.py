"""How settings move while a model trains."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, cast

import pytest

from generators.config import BOUNDS, TrainingConfig
from generators.training import schedule

PLAIN = TrainingConfig()


def test_the_learning_rate_falls_from_first_to_last() -> None:
    rates = [schedule.learning_rate(PLAIN, share / 10) for share in range(12)]
    assert rates[0] == pytest.approx(PLAIN.learning_rate)
    assert rates[10] == rates[11] == pytest.approx(PLAIN.final_learning_rate)
    assert rates == sorted(rates, reverse=True)


def test_beta_rises_from_nothing() -> None:
    assert schedule.beta(PLAIN, 0) == 0
    assert schedule.beta(PLAIN, PLAIN.beta_warmup_steps // 2) == pytest.approx(PLAIN.beta / 2)
    assert schedule.beta(PLAIN, 10**6) == PLAIN.beta


def test_free_bits_stay_unless_told_otherwise() -> None:
    free = {schedule.free_nats(PLAIN, share) for share in (0, 0.5, 1, 1.1)}
    assert free == {PLAIN.free_bits * math.log(2)}


def test_free_bits_are_drawn_in_over_the_second_half() -> None:
    drawn_in = replace(PLAIN, free_bits=100, final_free_bits=50)
    bits = [schedule.free_nats(drawn_in, share) / math.log(2) for share in (0, 0.5, 0.75, 1)]
    assert bits == pytest.approx([100, 100, 75, 50])


def test_the_average_forgets_its_first_steps() -> None:
    assert schedule.average_decay(0, 0.999) < 0.2
    assert schedule.average_decay(10**6, 0.999) == 0.999


@pytest.mark.parametrize("name", BOUNDS)
def test_a_setting_out_of_bounds_is_named(name: str) -> None:
    for wrong in (BOUNDS[name][0] - 1, BOUNDS[name][1] + 1, math.nan):
        with pytest.raises(ValueError, match=f"{name} must lie between"):
            TrainingConfig(**cast(dict[str, Any], {name: wrong}))
