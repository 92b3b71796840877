"""MIDI files into runs of plain 4/4."""

from __future__ import annotations

import io
from pathlib import Path

import pretty_midi
import pytest

from generators.errors import MidiError
from generators.midi import read_runs
from generators.music import Note
from tests.generators.songs import STEP_SECONDS, bass, beat, melody, midi_of

GOLDEN = Path(__file__).parent / "golden" / "trio-converter" / "midi"


def data_of(midi: pretty_midi.PrettyMIDI) -> bytes:
    file = io.BytesIO()
    midi.write(file)
    return file.getvalue()


def test_notes_land_on_their_sixteenths() -> None:
    [run] = read_runs(data_of(midi_of((0, False, [(0, 2, 60), (5, 8, 64), (15, 17, 67)]))))
    assert run.tracks[0].notes == (Note(0, 2, 60, 90), Note(5, 8, 64, 90), Note(15, 17, 67, 90))
    assert run.steps == 16


def test_programs_say_who_plays_bass_or_melody_or_nothing() -> None:
    line = [(0, 4, 50)]
    data = data_of(midi_of((0, False, line), (35, False, line), (0, True, line), (47, False, line)))
    assert [track.kind for track in read_runs(data)[0].tracks] == ["melody", "bass", "drums"]


def test_a_change_of_tempo_does_not_move_notes_off_the_grid() -> None:
    midi = midi_of((0, False, [(step, step + 1, 60) for step in range(0, 64, 2)]))
    seconds = [step * STEP_SECONDS for step in range(0, 65, 4)]
    midi.adjust_times(seconds, [s if s < 4 else 4 + (s - 4) * 1.37 for s in seconds])
    [run] = read_runs(data_of(midi))
    assert [note.start for note in run.tracks[0].notes] == list(range(0, 64, 2))
    assert run.off_grid == 0


def test_a_waltz_after_four_bars_ends_the_run() -> None:
    midi = midi_of((0, False, melody(1, bars=8)), metres=[(4, 4, 0), (3, 4, 4)])
    [run] = read_runs(data_of(midi))
    assert run.steps == 64
    assert max(note.start for note in run.tracks[0].notes) < 64


def test_a_run_after_a_waltz_counts_from_its_own_first_bar() -> None:
    midi = midi_of((0, False, [(28, 30, 60)]), metres=[(3, 4, 0), (4, 4, 1.5)])
    [run] = read_runs(data_of(midi))
    assert run.tracks[0].notes == (Note(4, 6, 60, 90),)


def test_a_waltz_has_no_run() -> None:
    assert read_runs((GOLDEN / "waltz.mid").read_bytes()) == []


@pytest.mark.parametrize("signature", [b"\x0a\x00", b"\x00\x02", b"\x80\x01"])
def test_an_impossible_key_signature_does_not_stop_the_file(signature: bytes) -> None:
    midi = midi_of((0, False, melody(1)))
    midi.key_signature_changes.append(pretty_midi.KeySignature(3, 0.0))
    data = data_of(midi)
    at = data.index(b"\xff\x59\x02") + 3
    broken = data[:at] + signature + data[at + 2 :]
    assert read_runs(broken) == read_runs(data)


def test_triplets_are_off_the_grid() -> None:
    triplets = [(step * 4 / 3, step * 4 / 3 + 1, 60) for step in range(48)]
    [run] = read_runs(data_of(midi_of((0, False, triplets))))
    assert run.off_grid == pytest.approx(2 / 3)
    assert not run.on_the_grid


def test_a_song_is_read_whole() -> None:
    [run] = read_runs(
        data_of(midi_of((0, False, melody(1)), (33, False, bass(1)), (0, True, beat())))
    )
    assert [len(track.notes) for track in run.tracks] == [
        len(list(line)) for line in (melody(1), bass(1), beat())
    ]


@pytest.mark.parametrize("data", [b"", b"MThd", b"RIFF" * 100, b"MThd\0\0\0\6\0\1\0\2\1\xe0MTrk"])
def test_what_is_no_midi_is_a_midi_error(data: bytes) -> None:
    with pytest.raises(MidiError, match="not a readable MIDI file"):
        read_runs(data)
