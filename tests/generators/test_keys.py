"""The key of a trio, and the way to a related one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.keys import PITCH_CLASSES, Key, fifths_apart, find_key, way_to_related
from generators.music import Note, Trio

SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
KEYS = [Key(tonic, mode) for mode in SCALES for tonic in range(12)]
keys = st.sampled_from(KEYS)


def in_key(key: Key) -> Trio:
    """A scale up and a rest on its triad, over the same triad in the bass."""
    scale = SCALES[key.mode]
    up = [Note(step, step + 1, 60 + key.tonic + degree) for step, degree in enumerate(scale)]
    triad = [
        Note(8 + 2 * n, 10 + 2 * n, 60 + key.tonic + scale[d]) for n, d in enumerate((0, 2, 4))
    ]
    roots = enumerate((0, scale[2], 7, 0))
    bass = [Note(4 * n, 4 * n + 4, 36 + key.tonic + above) for n, above in roots]
    return Trio((*up, *triad), tuple(bass), (), 16)


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_scale_is_heard_in_its_key(key: Key) -> None:
    assert find_key(in_key(key)) == key


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


def test_relative_keys_have_one_signature() -> None:
    assert fifths_apart(Key(0, "major"), Key(9, "minor")) == 0
    assert fifths_apart(Key(0, "major"), Key(7, "major")) == 1
    assert fifths_apart(Key(0, "major"), Key(6, "major")) == 6


def test_keys_are_written_as_musicians_do() -> None:
    assert str(Key(9, "minor")) == "A minor"
    assert str(Key(10, "major")) == "Bb major"
    assert len(PITCH_CLASSES) == 12
