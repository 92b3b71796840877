"""The key of a trio, and the way to a related one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.keys import (
    KEYS,
    PITCH_CLASSES,
    Key,
    fifths_apart,
    find_key,
    parse_key,
    way_to_related,
    way_to_signature,
)
from generators.music import Trio
from tests.generators.scales import scale_trio

keys = st.sampled_from(KEYS)


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_scale_is_heard_in_its_key(key: Key) -> None:
    assert find_key(scale_trio(key)) == key


def test_silence_has_a_key_all_the_same() -> None:
    assert find_key(Trio((), (), (), 16)) == Key(0, "major")


@given(keys, keys)
def test_a_related_key_is_at_most_a_fifth_away(old: Key, new: Key) -> None:
    shift = way_to_related(old, new)
    assert -6 <= shift <= 6
    assert fifths_apart(old, new.transposed(shift)) <= 1


@given(keys, keys)
def test_no_shorter_way_is_related(old: Key, new: Key) -> None:
    shorter = range(-abs(way_to_related(old, new)) + 1, abs(way_to_related(old, new)))
    assert not any(fifths_apart(old, new.transposed(shift)) <= 1 for shift in shorter)


@given(keys, st.integers(-24, 24))
def test_every_signature_is_a_tritone_away_at_most(key: Key, signature: int) -> None:
    shift = way_to_signature(key, signature)
    assert -6 <= shift <= 5
    assert key.transposed(shift).signature == signature % 12


def test_relative_keys_have_one_signature() -> None:
    assert fifths_apart(Key(0, "major"), Key(9, "minor")) == 0
    assert fifths_apart(Key(0, "major"), Key(7, "major")) == 1
    assert fifths_apart(Key(0, "major"), Key(6, "major")) == 6


def test_keys_are_written_as_musicians_do() -> None:
    assert str(Key(9, "minor")) == "A minor"
    assert str(Key(10, "major")) == "Bb major"
    assert len(PITCH_CLASSES) == 12


@given(keys)
def test_keys_are_read_as_they_are_written(key: Key) -> None:
    assert parse_key(str(key)) == key


def test_keys_are_read_as_people_write_them() -> None:
    assert parse_key("C# minor") == parse_key("Db minor")
    assert parse_key("Gb major") == parse_key("F# major")


@pytest.mark.parametrize(
    "text", ["", "H minor", "A", "a minor", "E# major", "A minor ", "A  minor"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a key; write one like 'A minor'"):
        parse_key(text)
