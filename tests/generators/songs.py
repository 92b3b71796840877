"""Files to test with: MIDI of a melody, a bass and a beat from a seed, lead sheets and hymns."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pretty_midi

STEP_SECONDS = 0.125  # a sixteenth at 120 quarter notes a minute
BAR_SECONDS = 16 * STEP_SECONDS

# (start step, end step, pitch)
Line = Iterable[tuple[float, float, int]]


def midi_of(
    *tracks: tuple[int, bool, Line], metres: Iterable[tuple[int, int, float]] = ((4, 4, 0.0),)
) -> pretty_midi.PrettyMIDI:
    """Tracks as (program, is it drums, notes); metres as (numerator, denominator, bar)."""
    midi = pretty_midi.PrettyMIDI(resolution=480, initial_tempo=120)
    for numerator, denominator, bar in metres:
        change = pretty_midi.TimeSignature(numerator, denominator, bar * BAR_SECONDS)
        midi.time_signature_changes.append(change)
    for program, is_drum, notes in tracks:
        track = pretty_midi.Instrument(program, is_drum=is_drum)
        for start, end, pitch in notes:
            note = pretty_midi.Note(90, pitch, start * STEP_SECONDS, end * STEP_SECONDS)
            track.notes.append(note)
        midi.instruments.append(track)
    return midi


def melody(seed: int, bars: int = 8, transpose: int = 0) -> Line:
    dice = random.Random(seed)
    for step in range(0, 16 * bars, 2):
        if dice.random() < 0.8:
            pitch = dice.choice((60, 62, 64, 65, 67, 69, 71, 72)) + transpose
            yield step, step + dice.choice((1, 2)), pitch


def bass(seed: int, bars: int = 8, transpose: int = 0) -> Line:
    dice = random.Random(seed + 1_000)
    for step in range(0, 16 * bars, 4):
        yield step, step + 4, dice.choice((36, 38, 40, 43)) + transpose


def beat(bars: int = 8) -> Line:
    for step in range(0, 16 * bars, 2):
        yield step, step + 1, 42
        if step % 8 == 0:
            yield step, step + 1, 36
        if step % 8 == 4:
            yield step, step + 1, 38


def write_song(path: Path, seed: int, *, bars: int = 8, transpose: int = 0) -> None:
    midi_of(
        (0, False, melody(seed, bars, transpose)),
        (33, False, bass(seed, bars, transpose)),
        (0, True, beat(bars)),
    ).write(str(path))


def mxl_of(*measures: str, metre: tuple[int, int] = (4, 4), piano: bool = False) -> bytes:
    """A compressed MusicXML score of one part from its measures' inner XML; 4 divisions a quarter.

    With `piano` the part has two staves, and measures say which with <staff>.
    """
    staves = "<staves>2</staves>" if piano else ""
    attributes = (
        f"<attributes><divisions>4</divisions><time><beats>{metre[0]}</beats>"
        f"<beat-type>{metre[1]}</beat-type></time>{staves}</attributes>"
    )
    bars = "".join(
        f'<measure number="{number}">{attributes if number == 1 else ""}{inner}</measure>'
        for number, inner in enumerate(measures, start=1)
    )
    score = (
        '<?xml version="1.0"?><score-partwise version="3.1"><part-list>'
        '<score-part id="P1"><part-name>Voice</part-name></score-part></part-list>'
        f'<part id="P1">{bars}</part></score-partwise>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "META-INF/container.xml",
            '<container><rootfiles><rootfile full-path="song.xml"/></rootfiles></container>',
        )
        archive.writestr("song.xml", score)
    return file.getvalue()


def xml_note(step: str, sixteenths: int, *, octave: int = 4, tie: str = "", staff: int = 1) -> str:
    tied = f'<tie type="{tie}"/>' if tie else ""
    return (
        f"<note><pitch><step>{step}</step><octave>{octave}</octave></pitch>"
        f"<duration>{sixteenths}</duration>{tied}<voice>{staff}</voice><staff>{staff}</staff></note>"
    )


def xml_chord(root: str, kind: str) -> str:
    return f"<harmony><root><root-step>{root}</root-step></root><kind>{kind}</kind></harmony>"


def lead_sheet(seed: int, bars: int = 16) -> bytes:
    """A melody in eighths over C, A minor, F and G7, one a bar: a MusicXML file."""
    dice = random.Random(seed)
    kinds = {"C": "major", "A": "minor", "F": "major", "G": "dominant"}
    chords = [xml_chord(root, kind) for root, kind in kinds.items()]
    return mxl_of(
        *(
            chords[bar % 4] + "".join(xml_note(dice.choice("CDEFGAB"), 2) for _ in range(8))
            for bar in range(bars)
        )
    )


def hymn(seed: int, bars: int = 8) -> str:
    """Four voices in quarters: an ABC tune."""
    dice = random.Random(seed)
    voices = {"S": "GABcde", "A": "CDEFG", "T": "C,D,E,F,G,", "B": "C,,D,,E,,F,,G,,"}
    body = []
    for name, pitches in voices.items():
        notes = re.findall(r"[A-Ga-g],*", pitches)
        music = " | ".join(" ".join(dice.choice(notes) for _ in range(4)) for _ in range(bars))
        body.append(f"[V: {name}] {music} |]")
    return "\n".join(["X: 1", "T: A hymn", "M: 4/4", "L: 1/4", "K: C", *body]) + "\n"
