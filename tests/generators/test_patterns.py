"""Music by rule: it cannot fail, and it is music."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.critic import score
from generators.keys import fifths_apart, find_key, parse_key
from generators.music import Instruments, Piece
from generators.patterns import BARS, pattern_piece
from generators.recipe import from_dict, to_dict
from tests.pieces import CREATED


def pattern(seed: int) -> Piece:
    return pattern_piece(seed, "night", 90.0, Instruments(), lambda: CREATED)


@given(st.integers(0, 2**63 - 1))
def test_any_seed_gives_eight_bars(seed: int) -> None:
    piece = pattern(seed)
    assert piece.trio.steps == BARS * 16
    assert from_dict(to_dict(piece)) == piece


@given(st.integers(0, 2**63 - 1))
def test_every_part_keeps_to_its_range(seed: int) -> None:
    trio = pattern(seed).trio
    assert all(60 <= note.pitch <= 84 for note in trio.melody)
    assert all(33 <= note.pitch <= 50 for note in trio.bass)
    assert {note.pitch for note in trio.drums} <= {36, 38, 42, 46}


@given(st.integers(0, 2**63 - 1))
def test_every_bar_has_melody_bass_and_drums(seed: int) -> None:
    trio = pattern(seed).trio
    for part in (trio.melody, trio.bass, trio.drums):
        assert {note.start // 16 for note in part} == set(range(BARS))


def test_the_same_seed_is_the_same_piece() -> None:
    assert pattern(7) == pattern(7)
    assert pattern(7).id != pattern(8).id


@pytest.mark.parametrize("seed", range(12))
def test_the_key_it_states_is_near_the_key_one_hears(seed: int) -> None:
    piece = pattern(seed)
    assert fifths_apart(parse_key(piece.key), find_key(piece.trio)) <= 1


@pytest.mark.parametrize("seed", range(12))
def test_the_critic_lets_a_pattern_pass(seed: int) -> None:
    assert score(pattern(seed).trio) > 0.5
