"""The keys of sections, and the way on from one piece's key to the next one's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.events import tokens_to_trio, transpose
from generators.keys import KEYS, Key, fifths_apart, find_key
from generators.music import Bar
from station.harmony import HARMONIES, harmonised, moved, way_on
from tests.generators.scales import scale_tokens

keys = st.sampled_from(KEYS)
harmonies = st.sampled_from(HARMONIES)
A, B = Bar(0, 0, 0.0, 0, take=0), Bar(1, 1, 0.0, 0, take=1)


@given(st.lists(keys, min_size=2, max_size=4))
def test_every_section_goes_with_the_first(sung: list[Key]) -> None:
    bars = [Bar(take, take, 0.0, 0, take=take) for take in range(len(sung))]
    tokens = [scale_tokens(key) for key in sung]
    shifts = [bar.transpose for bar in harmonised(np.concatenate(tokens), bars)]
    heard = [
        find_key(tokens_to_trio(np.c_[transpose(bar[:, :2], shift), bar[:, 2]]))
        for bar, shift in zip(tokens, shifts, strict=True)
    ]
    assert shifts[0] == 0
    assert all(fifths_apart(heard[0], key) <= 1 for key in heard)


def test_the_same_section_is_moved_alike_wherever_it_returns() -> None:
    sung = [Key(0, "major"), Key(6, "major"), Key(0, "major"), Key(6, "major")]
    tokens = np.concatenate([scale_tokens(key) for key in sung])
    shifts = [bar.transpose for bar in harmonised(tokens, [A, B, A, B])]
    assert shifts[:2] == shifts[2:] == [0, -1]  # F# major becomes F major, not G


def test_a_variation_moves_with_its_section() -> None:
    varied = Bar(2, 2, 0.0, 0, take=1)
    sung = [Key(0, "major"), Key(6, "major"), Key(11, "major")]  # another key, if heard alone
    tokens = np.concatenate([scale_tokens(key) for key in sung])
    _, section, variation = harmonised(tokens, [A, B, varied])
    assert section.transpose == variation.transpose != 0


@given(keys, keys)
def test_related_goes_one_fifth_at_most(previous: Key, key: Key) -> None:
    shift = way_on(previous, key, "related", None)
    assert fifths_apart(previous, key.transposed(shift)) <= 1


@given(keys, keys)
def test_same_keeps_the_signature(previous: Key, key: Key) -> None:
    shift = way_on(previous, key, "same", None)
    assert key.transposed(shift).signature == previous.signature


@given(keys, st.lists(keys, min_size=12, max_size=12))
def test_fifths_come_home_after_twelve_pieces(home: Key, pieces: list[Key]) -> None:
    heard = [home]
    for key in pieces:
        heard.append(key.transposed(way_on(heard[-1], key, "fifths", None)))
    assert len({key.signature for key in heard[1:]}) == 12
    assert heard[-1].signature == home.signature


@given(keys | st.none(), keys, harmonies, keys)
def test_an_operators_key_beats_the_show(
    previous: Key | None, key: Key, harmony: str, wanted: Key
) -> None:
    heard = key.transposed(way_on(previous, key, harmony, wanted))
    assert heard.signature == wanted.signature
    assert heard == wanted or heard.mode != wanted.mode  # or its relative: the same notes


@given(keys, keys, harmonies)
def test_no_way_on_is_longer_than_a_tritone(previous: Key, key: Key, harmony: str) -> None:
    assert -6 <= way_on(previous, key, harmony, None) <= 5


@given(keys, harmonies)
def test_the_first_piece_keeps_its_key(key: Key, harmony: str) -> None:
    assert way_on(None, key, harmony, None) == 0


def test_an_unknown_harmony_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'sideways'; take one of related, fifths, same"):
        way_on(None, KEYS[0], "sideways", None)


@given(st.integers(-6, 5), st.integers(-12, 12))
def test_moves_add_up_to_the_nearest_octave(first: int, then: int) -> None:
    [bar] = moved(moved([A], first), then)
    assert (bar.transpose - first - then) % 12 == 0
    assert -6 <= bar.transpose <= 5
