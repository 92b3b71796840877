"""How loud each part is, moment by moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.music import Instruments
from renderer.balance import EXPRESSION_0_DB, Balance
from renderer.levels import Levels, Way, levels
from renderer.mix import EXPRESSION, VOLUME
from renderer.score import bar_frames, frames_of
from tests.renderer.conftest import piece, trio

EVEN = Balance({"melody": 90, "bass": 80, "drums": 70}, {"melody": 60, "bass": 50, "drums": 40})
BRIDGE = piece(leaving=Instruments(0, 35, 0), instruments=Instruments(48, 33, 0))
MELODY = ("melody", EXPRESSION)


def gain(levels: Levels, frame: int, part: str = "melody") -> float:
    return float((levels.values[part, EXPRESSION][frame // 256] / EXPRESSION_0_DB) ** 2)


def test_a_plain_piece_stands_still() -> None:
    turns = levels(piece(), EVEN).turns()
    assert {turn.frame for turn in turns} == {0}
    assert {turn.part: turn.value for turn in turns if turn.controller == VOLUME} == EVEN.volumes


def test_a_bar_has_the_gain_that_its_trim_says() -> None:
    plain = piece(trio=trio(3))
    trimmed = levels(plain, replace(EVEN, trims_db=(0.0, 0.0, -6.0, -6.0, 3.0, 3.0)))
    for line, trim_db in zip(bar_frames(plain), (0.0, -6.0, 3.0), strict=True):
        assert 20 * np.log10(gain(trimmed, line + 40_000)) == pytest.approx(trim_db, abs=0.1)


@given(trims=st.lists(st.floats(-10, 4), min_size=8, max_size=8))
def test_a_trim_never_jumps(trims: Sequence[float]) -> None:
    curve = levels(piece(), replace(EVEN, trims_db=tuple(trims))).values[MELODY]
    assert np.abs(np.diff(20 * np.log10(curve / EXPRESSION_0_DB))).max() * 2 < 0.33  # 14 dB a beat


@pytest.mark.parametrize("part", ["melody", "bass"])
def test_the_powers_of_a_bridges_sides_add_up_to_one(part: str) -> None:
    enters, leaves = levels(BRIDGE, EVEN, "enter"), levels(BRIDGE, EVEN, "leave")
    for frame in range(0, frames_of(BRIDGE), 20_000):
        assert gain(enters, frame, part) ** 2 + gain(leaves, frame, part) ** 2 == pytest.approx(1)


def test_a_part_that_both_sides_play_alike_keeps_its_gain() -> None:
    enters, leaves = levels(BRIDGE, EVEN, "enter"), levels(BRIDGE, EVEN, "leave")
    for frame in range(0, frames_of(BRIDGE), 20_000):
        assert gain(enters, frame, "drums") + gain(leaves, frame, "drums") == pytest.approx(1)


def test_who_leaves_is_gone_at_the_end() -> None:
    leaves = levels(BRIDGE, EVEN, "leave")
    assert leaves.at(0)[MELODY] == EXPRESSION_0_DB
    assert leaves.at(0)["melody", VOLUME] == 60
    assert leaves.at(frames_of(BRIDGE))[MELODY] == 0


@pytest.mark.parametrize(
    ("way", "ends"), [("enter", (0, EXPRESSION_0_DB)), ("leave", (EXPRESSION_0_DB, 0))]
)
def test_a_fade_goes_all_the_way(way: Way, ends: tuple[int, int]) -> None:
    fade = levels(piece(), EVEN).fading(way, 48_000, 38_400)
    assert (fade.at(47_000)[MELODY], fade.at(48_000 + 38_400)[MELODY]) == ends
    assert fade.at(48_000 + 38_400)["melody", VOLUME] == 90


def test_a_fade_may_outlast_the_piece() -> None:
    end = frames_of(piece())
    fade = levels(piece(), EVEN).fading("leave", end - 1_000, 38_400)
    assert 0 < fade.at(end + 30_000)[MELODY] < fade.at(end)[MELODY]
    assert fade.at(end + 38_400)[MELODY] == 0


@given(trims=st.lists(st.floats(-10, 4), min_size=4, max_size=4), frame=st.integers(0, 384_000))
def test_the_turns_lead_to_where_the_knobs_stand(trims: list[float], frame: int) -> None:
    moving = levels(BRIDGE, replace(EVEN, trims_db=tuple(trims)), "enter")
    standing: dict[tuple[str, int], int] = {}
    for turn in sorted(moving.turns(), key=lambda turn: turn.frame):
        if turn.frame <= frame:
            standing[turn.part, turn.controller] = turn.value
    assert standing == moving.at(frame)
