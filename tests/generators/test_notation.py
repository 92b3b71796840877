"""MusicXML and ABC into runs of plain 4/4."""

from __future__ import annotations

import pytest

from generators.chords import NO_CHORD, chord_name
from generators.errors import MidiError
from generators.music import Note
from generators.notation import read_abc, read_musicxml
from generators.runs import Run
from tests.generators.songs import hymn, mxl_of, xml_chord, xml_note


def quarters(*steps: str) -> str:
    return "".join(xml_note(step, 4) for step in steps)


def starts(run: Run, track: int = 0) -> list[tuple[int, int]]:
    return [(note.start, note.pitch) for note in run.tracks[track].notes]


def test_notes_of_a_score_land_on_their_sixteenths() -> None:
    bar = xml_note("C", 6) + xml_note("E", 1) + xml_note("G", 9, octave=5)
    [run] = read_musicxml(mxl_of(bar))
    assert run.tracks[0].notes == (Note(0, 6, 60), Note(6, 7, 64), Note(7, 16, 79))
    assert (run.steps, run.off_grid) == (16, 0)


def test_a_tie_over_the_barline_is_one_note() -> None:
    first = xml_note("C", 8) + xml_note("D", 8, tie="start")
    [run] = read_musicxml(mxl_of(first, xml_note("D", 4, tie="stop") + xml_note("E", 12)))
    assert run.tracks[0].notes == (Note(0, 8, 60), Note(8, 20, 62), Note(20, 32, 64))


def test_an_upbeat_stands_before_the_first_barline() -> None:
    [run] = read_musicxml(mxl_of(xml_note("G", 4), quarters("C", "D", "E", "F")))
    assert starts(run) == [(12, 67), (16, 60), (20, 62), (24, 64), (28, 65)]


def test_a_bar_split_at_a_repeat_is_one_bar() -> None:
    whole = quarters("C", "D", "E", "F")
    [run] = read_musicxml(mxl_of(whole, quarters("G", "A", "B"), quarters("C"), whole))
    assert (run.steps, len(run.tracks[0].notes)) == (48, 12)


def test_barlines_that_fall_out_of_step_begin_a_new_run() -> None:
    whole = quarters("C", "D", "E", "F")
    runs = read_musicxml(mxl_of(whole, quarters("G", "A"), whole, whole))
    assert [run.steps for run in runs] == [32, 32]
    assert starts(runs[1])[0] == (0, 60)


def test_a_waltz_has_no_run() -> None:
    assert read_musicxml(mxl_of(*[quarters("C", "D", "E")] * 8, metre=(3, 4))) == []


def test_chord_symbols_keep_their_places() -> None:
    bar = xml_chord("C", "major") + xml_note("E", 8) + xml_chord("A", "minor-seventh")
    [run] = read_musicxml(mxl_of(bar + xml_note("E", 8), xml_chord("G", "none") + quarters("G")))
    named = [(s.step, "none" if s.chord == NO_CHORD else chord_name(s.chord)) for s in run.chords]
    assert named == [(0, "C"), (8, "Am7"), (16, "none")]


def test_the_lowest_of_a_pianists_left_hand_is_the_bass() -> None:
    right = "".join(xml_note(step, 4, octave=5) for step in "CDEF")
    # broken chords: what lies a fifth and more above the lowest of its half bar is figuration
    left = "".join(xml_note(step, 2, octave=2, staff=2) for step in "CGCGDADA")
    [run] = read_musicxml(
        mxl_of(right + "<backup><duration>16</duration></backup>" + left, piano=True)
    )
    bass = next(track for track in run.tracks if track.kind == "bass")
    assert [(note.start, note.pitch) for note in bass.notes] == [
        (0, 36),
        (4, 36),
        (8, 38),
        (12, 38),
    ]


def test_each_voice_of_a_hymn_is_a_track() -> None:
    [run] = read_abc(hymn(1).encode())
    assert (run.steps, len(run.tracks)) == (128, 4)
    assert all(len(track.notes) == 32 for track in run.tracks)


def test_abc_notes_have_their_key_and_lengths() -> None:
    [run] = read_abc(b"X:1\nM:4/4\nL:1/8\nK:D\nF2 c3 =c A,2 | D8 | D8 | D8 |]\n")
    notes = [(note.start, note.end, note.pitch) for note in run.tracks[0].notes]
    assert notes[:5] == [(0, 4, 66), (4, 10, 73), (10, 12, 72), (12, 16, 57), (16, 32, 62)]


def test_an_old_encoding_does_not_stop_a_tune() -> None:
    tune = "X:1\nT:Schönster Herr Jesu\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n"
    assert read_abc(tune.encode())[0].steps == 32
    assert read_abc(tune.encode("latin-1")) == read_abc(tune.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\3\4 no archive",
        b"<score-partwise><part>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><score-partwise>&a;</score-partwise>',
        mxl_of(quarters("C")).replace(b"song.xml", b"song.txt"),
    ],
)
def test_what_is_no_score_is_a_midi_error(data: bytes) -> None:
    with pytest.raises(MidiError, match="not a readable score"):
        read_musicxml(data)


def test_abc_without_a_key_is_refused() -> None:
    with pytest.raises(MidiError, match="no key"):
        read_abc(b"X:1\nT:Only a title\n")
