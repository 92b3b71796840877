"""Sheet music, read back by a reader of XML that knows nothing of us."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import pytest

from generators.music import Note, Piece, Trio
from generators.recipe import identified
from renderer import musicxml
from renderer.engraving import engrave, key_signature
from renderer.errors import EncoderError
from renderer.musicxml import export_musicxml
from tests.renderer.conftest import piece

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SONG = piece(title="Ähre → <夜> & Wind", key="Db minor", form="AaB", tempo_qpm=93.9)
GLIDE = piece(tempo_qpm=88.0, tempo_end_qpm=96.0)


def sheet(of: Piece) -> ElementTree.Element:
    return ElementTree.fromstring(engrave(of, "Radio Null"))


def notes(root: ElementTree.Element, part: str) -> list[tuple[int, int, int]]:
    """Start and end in sixteenths, and MIDI pitch; ties made whole."""
    found: list[tuple[int, int, int]] = []
    at, quarter = Fraction(0), 1
    for measure in root.iterfind(f"part[@id='{part}']/measure"):
        quarter = int(measure.findtext("attributes/divisions") or quarter)
        for note in measure.iterfind("note"):
            length = Fraction(4 * int(note.findtext("duration", "")), quarter)
            pitch = note.find("pitch")
            if pitch is not None:
                start = at
                if any(tie.get("type") == "stop" for tie in note.iterfind("tie")):
                    start = Fraction(found.pop()[0])
                found.append((int(start), int(at + length), _number(pitch)))
            at += length
    return found


def _number(pitch: ElementTree.Element) -> int:
    step, octave = pitch.findtext("step", ""), int(pitch.findtext("octave", ""))
    return 12 * (octave + 1) + STEPS[step] + int(pitch.findtext("alter", "0"))


@pytest.mark.parametrize("key", ["C major", "Db minor", "F# major", "Gb major", "no key"])
def test_a_sheet_reads_back_to_the_same_notes(key: str) -> None:
    def chromatic(line: tuple[Note, ...]) -> tuple[Note, ...]:
        return tuple(Note(n.start, n.end, 30 + 5 * i % 61) for i, n in enumerate(line))

    trio = SONG.trio
    trio = replace(trio, melody=chromatic(trio.melody), bass=chromatic(trio.bass))
    root = sheet(replace(SONG, key=key, trio=trio))
    for part, line in (("melody", trio.melody), ("bass", trio.bass)):
        assert notes(root, part) == [(n.start, n.end, n.pitch) for n in line]


def test_each_stroke_names_its_drum() -> None:
    root = sheet(SONG)
    unpitched = root.findall("part[@id='drums']/measure/note[unpitched]")
    played = [note.find("instrument") for note in unpitched]
    pitches = {
        each.get("id"): int(each.findtext("midi-unpitched", "")) - 1
        for each in root.iterfind("part-list/score-part[@id='drums']/midi-instrument")
    }
    struck = [pitches[each.get("id")] for each in played if each is not None]
    assert sorted(struck) == sorted(note.pitch for note in SONG.trio.drums)
    assert root.findtext(".//part[@id='drums']//clef/sign") == "percussion"


def test_every_bar_is_there_in_every_part() -> None:
    empty = replace(SONG, trio=Trio((), (), (), 64))
    for root in (sheet(SONG), sheet(empty)):
        assert [len(part.findall("measure")) for part in root.iterfind("part")] == [4, 4, 4]


def test_a_sheet_says_what_it_is() -> None:
    root = sheet(SONG)
    assert root.findtext("work/work-title") == SONG.title
    assert root.findtext("identification/creator") == "Radio Null"
    assert "machine-generated" in root.findtext("identification/encoding/encoding-description", "")
    assert [each.text for each in root.iter("rehearsal")] == ["A", "a", "B"]
    assert [each.text for each in root.iter("per-minute")] == ["93.9"]


def test_a_glide_of_tempo_is_told_bar_by_bar() -> None:
    assert [each.get("tempo") for each in sheet(GLIDE).iter("sound")] == ["88", "90", "92", "94"]


@pytest.mark.parametrize(
    ("name", "sharps"), [("Db minor", 4), ("A minor", 0), ("Eb major", -3), ("F# major", 6)]
)
def test_a_key_is_written_with_the_fewest_accidentals(name: str, sharps: int) -> None:
    assert key_signature(name).sharps == sharps


@pytest.mark.parametrize("name", ["", "no key", "H major", "C", "C locrian of sorts"])
def test_a_key_that_is_none_is_left_out(name: str) -> None:
    assert key_signature(name) is None


def test_a_process_of_its_own_makes_the_same_sheet_each_time() -> None:
    song = identified(SONG)
    assert export_musicxml(song, station="Radio Null") == engrave(song, "Radio Null")


def test_a_sheet_that_cannot_be_made_says_why(monkeypatch: Any) -> None:
    with pytest.raises(EncoderError, match="was altered"):
        export_musicxml(SONG)  # whose id is not the hash of what it holds
    monkeypatch.setattr(musicxml, "MOST_SECONDS", 0.01)
    with pytest.raises(EncoderError, match=r"within 0\.01 s"):
        export_musicxml(SONG)
