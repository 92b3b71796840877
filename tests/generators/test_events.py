"""Notes to tokens and back, as Magenta does it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.events import (
    DRUM_BIT,
    DRUM_DEPTH,
    DRUM_KINDS,
    DRUM_PITCHES,
    FIRST_PITCH_TOKEN,
    HIGHEST_PITCH,
    HOLD,
    LOWEST_PITCH,
    MELODY_DEPTH,
    NOTE_OFF,
    drums_to_tokens,
    melody_to_tokens,
    tokens_to_drums,
    tokens_to_melody,
    tokens_to_trio,
    transpose,
    trio_to_tokens,
)
from generators.midi import read_runs
from generators.music import Note

GOLDEN = Path(__file__).parent / "golden" / "trio-converter"
WINDOW_STEPS = 256
voices = st.lists(st.integers(0, MELODY_DEPTH - 1), min_size=32, max_size=32)
kits = st.lists(st.integers(0, DRUM_DEPTH - 1), min_size=32, max_size=32)


@given(voices, voices, kits)
def test_notes_to_tokens_to_notes_is_the_identity(
    melody: list[int], bass: list[int], drums: list[int]
) -> None:
    trio = tokens_to_trio(np.array([melody, bass, drums], np.int16).T)
    assert tokens_to_trio(trio_to_tokens(trio)) == trio


@given(voices, kits)
def test_tokens_that_sound_survive_a_round_trip(melody: list[int], drums: list[int]) -> None:
    tokens = np.array([melody, melody, drums], np.int16).T
    again = trio_to_tokens(tokens_to_trio(tokens))
    assert (again[:, 2] == tokens[:, 2]).all()
    struck = tokens >= FIRST_PITCH_TOKEN
    assert (again[struck] == tokens[struck]).all()


def test_a_chord_gives_its_highest_note() -> None:
    chord = [Note(0, 8, 60), Note(0, 2, 67), Note(0, 4, 64)]
    assert tokens_to_melody(melody_to_tokens(chord, 16)) == (Note(0, 2, 67),)


def test_a_new_note_ends_the_old() -> None:
    tokens = melody_to_tokens([Note(0, 16, 60), Note(4, 6, 62)], 16)
    assert tokens_to_melody(tokens) == (Note(0, 4, 60), Note(4, 6, 62))


def test_a_note_that_lasts_to_the_end_needs_no_note_off() -> None:
    assert NOTE_OFF not in melody_to_tokens([Note(8, 16, 60)], 16)


def test_a_note_beyond_the_end_is_cut_there() -> None:
    tokens = melody_to_tokens([Note(8, 40, 60), Note(20, 24, 62)], 16)
    assert tokens_to_melody(tokens) == (Note(8, 16, 60),)


def test_pitches_no_piano_has_are_left_out() -> None:
    extremes = [Note(0, 1, LOWEST_PITCH - 1), Note(4, 5, HIGHEST_PITCH + 1)]
    assert (melody_to_tokens(extremes, 16) == HOLD).all()


@pytest.mark.parametrize("bit", range(len(DRUM_KINDS)))
def test_every_pitch_of_a_kind_of_drum_is_heard_as_its_first(bit: int) -> None:
    _, pitches = DRUM_KINDS[bit]
    for pitch in pitches:
        tokens = drums_to_tokens([Note(3, 9, pitch)], 16)
        assert tokens_to_drums(tokens) == (Note(3, 4, pitches[0]),)


def test_no_drum_pitch_is_of_two_kinds() -> None:
    assert len(DRUM_BIT) == sum(len(pitches) for _, pitches in DRUM_KINDS)
    assert DRUM_PITCHES == (36, 38, 42, 46, 45, 48, 50, 49, 51)


def test_all_nine_drums_can_be_hit_at_once() -> None:
    hits = [Note(0, 1, pitch) for pitch in DRUM_PITCHES]
    assert drums_to_tokens(hits, 16)[0] == DRUM_DEPTH - 1


@given(voices, st.integers(-12, 12))
def test_a_transposed_voice_keeps_its_rhythm(melody: list[int], semitones: int) -> None:
    tokens = np.array(melody, np.int16)
    moved = transpose(tokens, semitones)
    assert ((moved >= FIRST_PITCH_TOKEN) == (tokens >= FIRST_PITCH_TOKEN)).all()
    assert (moved < MELODY_DEPTH).all()
    struck = tokens >= FIRST_PITCH_TOKEN
    assert ((moved - tokens - semitones)[struck] % 12 == 0).all()
    assert (moved[~struck] == tokens[~struck]).all()


def test_tokens_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(steps, 3\)"):
        tokens_to_trio(np.zeros((16, 4), np.int16))


@pytest.mark.parametrize("grid", range(4))
def test_a_decoded_grid_is_magentas_notes(grid: int) -> None:
    tokens = np.load(GOLDEN / "golden.npz")["decode_tokens"][grid]
    trio = tokens_to_trio(tokens)
    found = [
        [note.start / 8, note.end / 8, note.pitch, note.velocity, program, number, is_drum]
        for notes, program, number, is_drum in (
            (trio.melody, 0, 0, 0),
            (trio.bass, 33, 1, 0),
            (trio.drums, 0, 9, 1),
        )
        for note in notes
    ]
    expected = json.loads((GOLDEN / "expected.json").read_text())["decoded"][grid]["notes"]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    "name", ["plain16", "jitter_poly", "two_two", "meter_change", "out_of_range", "gaps"]
)
def test_a_midi_file_reads_as_magenta_reads_it(name: str) -> None:
    window = np.load(GOLDEN / "golden.npz")[f"{name}/trio"][0]
    run = read_runs((GOLDEN / "midi" / f"{name}.mid").read_bytes())[0]
    for part, kind in enumerate(("melody", "bass", "drums")):
        notes = next(track.notes for track in run.tracks if track.kind == kind)
        to_tokens = drums_to_tokens if kind == "drums" else melody_to_tokens
        np.testing.assert_array_equal(to_tokens(notes, run.steps)[:WINDOW_STEPS], window[:, part])
