"""The process that writes sheet music: an order as JSON on stdin, MusicXML on stdout.

Notes stand where they are written, on the grid; how early or late each is struck is in the MIDI
file. Only `renderer.musicxml` starts this, and nothing else imports it: music21 is large.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from xml.etree import ElementTree

import music21
import music21.musicxml.m21ToXml

from generators import recipe
from generators.music import STEPS_PER_BAR, STEPS_PER_QUARTER, Piece
from renderer.instruments import instrument_names
from renderer.kit import DRUMS, drum_of
from renderer.marks import piece_tags
from renderer.mix import CHANNEL, programs
from renderer.notation import Sign, written, written_drums

m21: Any = music21  # some of it has types, and most has none

MOST_MEMORY_BYTES = 2 * 1024**3
LOW_LINE = 57  # a melody that lies below this A on average reads better in the bass clef
DRUM_PART = "drums"
DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n'
)


def engrave(piece: Piece, station: str) -> bytes:
    """The piece as MusicXML 4.0, by `station`."""
    score = m21.stream.Score()
    score.metadata = m21.metadata.Metadata(title=piece.title, composer=station)
    signature = key_signature(piece.key)
    spelling = _spelling(signature)
    steps = piece.trio.steps
    for part, notes in (("melody", piece.trio.melody), ("bass", piece.trio.bass)):
        mean = sum(each.pitch for each in notes) / max(1, len(notes))
        melody_clef = m21.clef.BassClef() if notes and mean < LOW_LINE else m21.clef.TrebleClef()
        own_clef = m21.clef.Bass8vbClef() if part == "bass" else melody_clef
        signs = [_pitched(sign, spelling) for sign in written(notes, steps)]
        score.insert(0, _staff(piece, part, [own_clef, signature], signs))
    strokes = [_struck(sign) for sign in written_drums(piece.trio.drums, steps)]
    score.insert(0, _staff(piece, DRUM_PART, [m21.clef.PercussionClef()], strokes))
    _mark(score.parts[0], piece)
    root = m21.musicxml.m21ToXml.ScoreExporter(score).parse()
    _sign(root, piece_tags(piece, station), piece.created.date())
    _name_drums(root)
    return f"{DOCTYPE}{ElementTree.tostring(root, 'unicode')}\n".encode()


def key_signature(name: str) -> Any:
    """music21's key of that name, in the spelling with the fewest accidentals (Db minor is
    written as C# minor); None where the name is no key."""
    tonic, _, mode = name.partition(" ")
    with contextlib.suppress(Exception):  # music21 raises whatever a word makes it raise
        first = m21.pitch.Pitch(tonic.replace("b", "-"))
        spellings = [m21.key.Key(each.name, mode) for each in (first, first.getEnharmonic())]
        return min(spellings, key=lambda each: abs(each.sharps))
    return None


def _spelling(signature: Any) -> dict[int, Any]:
    """A pitch class's name in the key; what is not of its scale, by the key's own accidental."""
    flats = signature is not None and signature.sharps < 0
    names = {number: m21.pitch.Pitch(number) for number in range(12)}
    for number, each in names.items():
        if flats and each.accidental is not None:
            names[number] = each.getEnharmonic()
    if signature is not None:
        names |= {each.pitchClass: each for each in signature.pitches}
    return names


def _pitched(sign: Sign, spelling: dict[int, Any]) -> Any:
    if not sign.pitches:
        return m21.note.Rest(quarterLength=sign.length / STEPS_PER_QUARTER)
    heads = [m21.note.Note(_spelled(number, spelling)) for number in sign.pitches]
    return _timed(heads[0] if len(heads) == 1 else m21.chord.Chord(heads), sign)


def _spelled(number: int, spelling: dict[int, Any]) -> Any:
    found = m21.pitch.Pitch(spelling[number % 12].name)
    found.octave = number // 12 - 1
    found.octave += round((number - found.midi) / 12)  # B# and Cb lie in the next one
    return found


def _struck(sign: Sign) -> Any:
    if not sign.pitches:
        return m21.note.Rest(quarterLength=sign.length / STEPS_PER_QUARTER)
    heads = []
    for drum in dict.fromkeys(drum_of(number) for number in sign.pitches):
        head = m21.note.Unpitched(f"{drum.step}{drum.octave}")
        head.notehead = drum.notehead
        heads.append(head)
    return _timed(heads[0] if len(heads) == 1 else m21.percussion.PercussionChord(heads), sign)


def _timed(sounding: Any, sign: Sign) -> Any:
    sounding.quarterLength = sign.length / STEPS_PER_QUARTER
    sounding.volume.velocity = sign.velocity
    if sign.tied_back or sign.tied_on:
        kind = "continue" if sign.tied_back and sign.tied_on else "stop"
        sounding.tie = m21.tie.Tie("start" if not sign.tied_back else kind)
    return sounding


def _staff(piece: Piece, part: str, head: Iterable[Any], signs: Sequence[Any]) -> Any:
    staff = m21.stream.Part(id=part)
    player = (
        m21.instrument.UnpitchedPercussion() if part == DRUM_PART else m21.instrument.Instrument()
    )
    player.partId, player.instrumentId = part, f"{part}-0"  # music21's own are random
    player.partName = f"{part.capitalize()}: {instrument_names(piece.instruments)[part]}"
    player.instrumentName = instrument_names(piece.instruments)[part]
    player.midiProgram = programs(piece.instruments)[part]
    player.midiChannel = CHANNEL[part]
    staff.insert(0, player)
    bars = [m21.stream.Measure(number=number) for number in range(1, _bars(piece) + 1)]
    for each in (*head, m21.meter.TimeSignature("4/4")):
        if each is not None:
            bars[0].insert(0, each)
    filled = 0.0  # quarters
    for sign in signs:
        bars[int(filled * STEPS_PER_QUARTER) // STEPS_PER_BAR].append(sign)
        filled += sign.quarterLength
    staff.append(bars)
    return staff


def _mark(staff: Any, piece: Piece) -> None:
    """The tempo, as it glides, and the letters of the form, above the upper staff."""
    bars = list(staff.getElementsByClass(m21.stream.Measure))
    glide_qpm = (piece.tempo_end_qpm - piece.tempo_qpm) / len(bars)
    for number, bar in enumerate(bars if glide_qpm else bars[:1]):
        bar.insert(
            0, m21.tempo.MetronomeMark(number=round(piece.tempo_qpm + number * glide_qpm, 1))
        )
    for number, letter in enumerate(piece.form):
        if letter.strip():
            mark = m21.expressions.RehearsalMark(letter)
            bars[number * len(bars) // len(piece.form)].insert(0, mark)


def _bars(piece: Piece) -> int:
    return piece.trio.steps // STEPS_PER_BAR


def _sign(root: ElementTree.Element, tags: Mapping[str, str], created: date) -> None:
    """Say what made it, and nothing of the day it was written: equal pieces, equal bytes."""
    identification = root.find("identification")
    encoding = root.find("identification/encoding")
    assert identification is not None
    assert encoding is not None
    for child in encoding.findall("software") + encoding.findall("encoding-date"):
        encoding.remove(child)
    said = {
        "software": "Latent FM, music21",
        "encoding-date": created.isoformat(),
        "encoding-description": tags["COMMENT"],
    }
    for place, (tag, text) in enumerate(said.items()):
        encoding.insert(place, ElementTree.Element(tag))
        encoding[place].text = text
    others = ElementTree.SubElement(identification, "miscellaneous")
    for name in ("DIGITALSOURCETYPE", "LATENTFM_PIECE"):
        ElementTree.SubElement(others, "miscellaneous-field", name=name).text = tags[name]


def _name_drums(root: ElementTree.Element) -> None:
    """An instrument for each drum that is played: music21 knows one a class and part only."""
    by_place = {(drum.step, str(drum.octave), drum.notehead): drum for drum in DRUMS}
    played = []
    for head in root.iterfind(f"part[@id='{DRUM_PART}']/measure/note[unpitched]"):
        place = (
            head.findtext("unpitched/display-step", ""),
            head.findtext("unpitched/display-octave", ""),
            head.findtext("notehead", "normal"),
        )
        drum = by_place[place]
        played.append(drum)
        at = next(i for i, child in enumerate(head) if child.tag in ("voice", "type"))
        head.insert(at, ElementTree.Element("instrument", {"id": f"{DRUM_PART}-{drum.pitch}"}))
    listed = root.find(f"part-list/score-part[@id='{DRUM_PART}']")
    assert listed is not None
    old = [each for each in listed if each.tag in ("score-instrument", "midi-instrument")]
    if not played:
        return
    kit = listed.findtext("midi-instrument/midi-program", "1")
    for each in old:
        listed.remove(each)
    drums = [drum for drum in DRUMS if drum in played]
    for drum in drums:
        named = ElementTree.SubElement(listed, "score-instrument", id=f"{DRUM_PART}-{drum.pitch}")
        ElementTree.SubElement(named, "instrument-name").text = drum.name
    for drum in drums:
        heard = ElementTree.SubElement(listed, "midi-instrument", id=f"{DRUM_PART}-{drum.pitch}")
        for tag, value in (
            ("midi-channel", str(CHANNEL[DRUM_PART] + 1)),
            ("midi-program", kit),
            ("midi-unpitched", str(drum.pitch + 1)),  # MusicXML counts from 1
        ):
            ElementTree.SubElement(heard, tag).text = value


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    order = json.load(sys.stdin)
    sheet = engrave(recipe.from_dict(order["piece"]), order["station"])
    sys.stdout.buffer.write(sheet)


if __name__ == "__main__":
    main()
