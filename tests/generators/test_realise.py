"""Decoded tokens into the trio that is played."""

from __future__ import annotations

import numpy as np

from generators.events import melody_to_tokens
from generators.expression import express
from generators.groove.touch import Touch
from generators.music import Bar, Note
from generators.realise import ACCENTS, realise

TWO = [Bar(0, 0, 0.0, 0), Bar(0, 0, 0.0, 1)]


def two_bars() -> np.ndarray:
    """A C in melody and bass, and a kick, at the start of each of two bars."""
    tokens = np.zeros((32, 3), np.int16)
    tokens[:, 0] = melody_to_tokens([Note(0, 4, 60), Note(16, 20, 60)], 32)
    tokens[:, 1] = melody_to_tokens([Note(0, 4, 36), Note(16, 20, 36)], 32)
    tokens[[0, 16], 2] = 1
    return tokens


def test_each_bar_is_transposed_by_its_own() -> None:
    trio = realise(two_bars(), [Bar(0, 0, 0.0, 0, transpose=-2), Bar(0, 0, 0.0, 1, transpose=5)])
    assert [note.pitch for note in trio.melody] == [58, 65]
    assert [note.pitch for note in trio.bass] == [34, 41]


def test_drums_are_not_transposed() -> None:
    trio = realise(two_bars(), [Bar(0, 0, 0.0, 0, transpose=-2), Bar(0, 0, 0.0, 1)])
    assert [note.pitch for note in trio.drums] == [36, 36]


def test_realising_leaves_the_tokens_alone() -> None:
    tokens = two_bars()
    realise(tokens, [Bar(0, 0, 0.0, 0, transpose=3)] * 2)
    np.testing.assert_array_equal(tokens, two_bars())


def test_the_first_beat_is_the_strongest() -> None:
    tokens = np.zeros((16, 3), np.int16)
    tokens[:, 2] = 1
    velocities = [note.velocity for note in realise(tokens, [Bar(0, 0, 0.0, 0)]).drums]
    downbeat, beat, eighth, sixteenth = ACCENTS["drums"]
    assert velocities[:5] == [downbeat, sixteenth, eighth, sixteenth, beat]
    assert max(velocities) == velocities[0]


def test_the_drums_have_their_touch() -> None:
    velocities = np.full((32, 9), 100, np.int16)
    velocities[16:] = 50
    touch = Touch(velocities, np.zeros((32, 9), np.int16))
    plain, played = (realise(two_bars(), TWO, touch, percent) for percent in (0, 100))
    assert played == express(plain, touch, 100)
    assert played.drums[0].velocity > 1.5 * played.drums[1].velocity


def test_a_resting_part_is_not_heard() -> None:
    trio = realise(two_bars(), [Bar(0, 0, 0.0, 0), Bar(0, 0, 0.0, 1, rests="d")], None, 100)
    assert [note.start for note in trio.drums] == [0]
    assert [note.start for note in trio.bass] == [0, 16]
