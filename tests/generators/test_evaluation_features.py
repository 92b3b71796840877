"""What is counted in a trio: answers that one knows by hand."""

from __future__ import annotations

import math

import pytest

from generators.evaluation.features import (
    FEATURES,
    consonance,
    empty_bars,
    groove_consistency,
    intervals,
    note_lengths,
    onsets_a_bar,
    pitch_class_entropy,
    pitch_range,
    repetition,
    scale_consistency,
)
from generators.music import Note, Trio

C_MAJOR = (60, 62, 64, 65, 67, 69, 71)


def line(*pitches: int, every: int = 4, start: int = 0) -> tuple[Note, ...]:
    """Notes on end, each `every` steps long."""
    return tuple(
        Note(start + i * every, start + (i + 1) * every, pitch) for i, pitch in enumerate(pitches)
    )


def trio(melody: tuple[Note, ...] = (), bass: tuple[Note, ...] = (), bars: int = 2) -> Trio:
    return Trio(melody, bass, (), 16 * bars)


def test_a_chord_of_drums_is_one_onset() -> None:
    hats = (Note(0, 1, 42), Note(0, 1, 36), Note(8, 9, 42))
    assert onsets_a_bar(hats, 32) == [1.0]


def test_a_range_is_from_the_lowest_to_the_highest_note() -> None:
    assert pitch_range(line(60, 72, 55)) == [17]


def test_lengths_are_in_sixteenths() -> None:
    assert note_lengths(line(60, 62, every=4)) == [4, 4]


def test_intervals_keep_their_direction() -> None:
    assert intervals(line(60, 67, 64)) == [7, -3]


def test_one_pitch_class_has_no_entropy() -> None:
    assert pitch_class_entropy(trio(line(60, 72), line(36))) == [0.0]


def test_four_pitch_classes_alike_are_two_bits() -> None:
    assert pitch_class_entropy(trio(line(60, 62, 64, 65))) == [2.0]


@pytest.mark.parametrize("semitones", range(12))
def test_a_scale_is_consistent_in_every_key(semitones: int) -> None:
    melody = line(*(pitch + semitones for pitch in C_MAJOR))
    assert scale_consistency(trio(melody)) == [1.0]


def test_a_note_outside_the_scale_is_heard() -> None:
    assert scale_consistency(trio(line(*C_MAJOR, 61))) == [7 / 8]


def test_a_groove_that_returns_is_consistent() -> None:
    assert groove_consistency(trio(line(60, 62, 64, 65, 67, 69, 71, 72))) == [1.0]


def test_a_groove_that_stops_is_less_consistent_by_its_onsets() -> None:
    assert groove_consistency(trio(line(60, 62, 64, 65))) == [1 - 4 / 16]


def test_a_fifth_is_consonant_while_it_sounds() -> None:
    assert consonance(trio(line(67), line(36, 37, every=2))) == [0.5]


def test_a_unison_far_apart_is_consonant() -> None:
    assert consonance(trio(line(72), line(36))) == [1.0]


def test_bars_that_share_one_of_three_notes_repeat_by_a_third() -> None:
    first, second = line(60, 62), line(60, 64, start=16)
    assert repetition(first + second, 32) == pytest.approx([1 / 3])


def test_the_same_bar_again_is_all_repetition() -> None:
    assert repetition(line(60, 62) + line(60, 62, start=16), 32) == [1.0]


def test_each_part_counts_its_empty_bars() -> None:
    melody, bass = line(60) + line(60, start=16), line(36)
    assert empty_bars(trio(melody, bass)) == pytest.approx([3 / 6])  # one of the bass, two of drums


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_silence_is_undefined_or_a_number(feature: object) -> None:
    values = feature.values(trio())  # type: ignore[attr-defined]  # a Feature
    assert all(math.isfinite(value) for value in values)
