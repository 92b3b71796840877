"""Decoded tokens into the trio that is played; and what the critic makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from generators.critic import score
from generators.events import melody_to_tokens
from generators.music import Bar, Note, Trio
from generators.realise import ACCENTS, realise

LOUD = Trio(
    melody=tuple(
        Note(s, s + 2, 60 + (0, 2, 4, 5, 7, 9, 11, 12)[s // 2 % 8]) for s in range(0, 64, 2)
    ),
    bass=tuple(Note(s, s + 4, 36 + (0, 7)[s // 4 % 2]) for s in range(0, 64, 4)),
    drums=tuple(Note(s, s + 1, (36, 42)[s // 2 % 2]) for s in range(0, 64, 2)),
    steps=64,
)


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


@pytest.mark.parametrize("part", ["melody", "bass"])
def test_the_critic_gives_less_where_a_part_is_empty(part: str) -> None:
    parts = {"melody": LOUD.melody, "bass": LOUD.bass, "drums": LOUD.drums, part: ()}
    assert score(Trio(steps=64, **parts)) < 0.7 * score(LOUD)


def test_the_critic_gives_nothing_for_silence() -> None:
    assert score(Trio((), (), (), 64)) == 0


def test_the_critic_gives_nothing_for_no_melody() -> None:
    assert score(Trio((), LOUD.bass, LOUD.drums, 64)) == 0


def test_the_critic_likes_a_lively_trio_better_than_a_dull_one() -> None:
    dull = Trio(LOUD.melody[:1], LOUD.bass[:1], LOUD.drums[:1], 64)
    assert score(LOUD) == pytest.approx(1.0)
    assert score(dull) < 0.2


def test_the_critic_hears_wrong_notes() -> None:
    wrong = tuple(Note(n.start, n.end, 60 + n.start * 7 // 2 % 12) for n in LOUD.melody)
    assert score(Trio(wrong, LOUD.bass, LOUD.drums, 64)) < score(LOUD)
