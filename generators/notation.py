"""Scores (MusicXML and ABC) into runs of plain 4/4: music21 reads them, `barlines` cuts them."""

from __future__ import annotations

import io
import itertools
import re
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from generators.barlines import Measure, Part, Sound, runs_of
from generators.chords import NO_CHORD, chord_of
from generators.errors import MidiError
from generators.runs import Run

MOST_BYTES = 32 << 20  # of a score's text: larger ones are refused
_VOICE_LINE = re.compile(r"^(?:\[V:\s*(\S+?)\s*\]|V:\s*(\S+))")


def read_musicxml(data: bytes) -> list[Run]:
    """Every stretch of 4/4 in a MusicXML file, compressed (.mxl) or plain.

    Raises:
        MidiError: the bytes are no score that can be read.
    """
    text = _unpacked(data)
    if "<!ENTITY" in text:
        raise MidiError("not a readable score: it declares entities, which no score needs")
    return runs_of(_read(text, "musicxml"))


def read_abc(data: bytes) -> list[Run]:
    """Every stretch of 4/4 in the first tune of an ABC file, each voice a track.

    Raises:
        MidiError: the bytes are no tune that can be read.
    """
    if len(data) > MOST_BYTES:
        raise MidiError(f"not a readable score: larger than {MOST_BYTES >> 20} MB")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    voices = [_read(voice, "abc") for voice in _voices(text)]
    return runs_of(list(itertools.chain.from_iterable(voices)))


def _unpacked(data: bytes) -> str:
    try:
        if data[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                scores = [
                    entry
                    for entry in archive.infolist()
                    if entry.filename.endswith((".xml", ".musicxml"))
                    and not entry.filename.startswith("META-INF")
                ]
                if not scores or scores[0].file_size > MOST_BYTES:
                    raise MidiError("not a readable score: the archive holds none of a fair size")
                data = archive.read(scores[0])
        if len(data) > MOST_BYTES:
            raise MidiError(f"not a readable score: larger than {MOST_BYTES >> 20} MB")
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (zipfile.BadZipFile, UnicodeDecodeError, EOFError, OSError, RuntimeError) as error:
        raise MidiError(f"not a readable score: {error}") from error


def _read(text: str, form: str) -> list[Part]:
    import music21.converter  # here, since it is large and slow to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of chord symbols it does not know, and the like
        try:
            return list(_parts(music21.converter.parseData(text, format=form)))
        except Exception as error:  # music21 raises whatever a score makes it raise
            raise MidiError(f"not a readable score: {error!r}"[:200]) from error


def _voices(text: str) -> Iterator[str]:
    """The tune once for each voice: music21 reads `[V: name]` lines as one voice end to end."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("X:")), 0)
    key = next((i for i, line in enumerate(lines) if i >= start and line.startswith("K:")), None)
    if key is None:
        raise MidiError(
            "not a readable score: it has no key (a line `K:`), with which music begins"
        )
    head = [line for line in lines[start : key + 1] if not line.startswith(("V:", "%", "w:", "W:"))]
    if not any(line.startswith(("L:", "M:")) for line in head):
        head.insert(-1, "L:1/8")  # what the standard says, and music21 does not
    music: dict[str, list[str]] = defaultdict(list)
    voice = "1"
    for line in lines[key + 1 :]:
        if line.startswith("X:"):
            break
        if line.startswith(("%", "w:", "W:", "T:", "N:")):
            continue
        match = _VOICE_LINE.match(line)
        if match:
            voice = match[1] or match[2]
            line = line[match.end() :]
        music[voice].append(line)
    for body in music.values():
        yield "\n".join([*head, *body])


def _parts(score: Any) -> Iterator[Part]:
    """Where words are sung, those parts are melodies; a piano's lowest staff is a bass."""
    parts = list(score.parts) or [score]
    is_staff = [type(part).__name__ == "PartStaff" for part in parts]
    is_sung = [any(note.lyrics for note in part.recurse().notes) for part in parts]
    for index, part in enumerate(parts):
        is_last = not any(is_staff[index + 1 : index + 2])
        if is_staff[index] and is_last:
            kind = "bass"
        elif is_staff[index] and (index > 0 or any(is_sung)) and not is_sung[index]:
            kind = "harmony"
        else:
            kind = "melody"
        instrument = part.getInstrument(returnDefault=True)
        yield Part(kind, int(instrument.midiProgram or 0), list(_measures(part)))


def _measures(part: Any) -> Iterator[Measure]:
    numerator, denominator = 4, 4
    for written in part.getElementsByClass("Measure"):
        if written.timeSignature is not None:
            numerator = written.timeSignature.numerator
            denominator = written.timeSignature.denominator
        length = float(written.duration.quarterLength)
        measure = Measure(length, 4 * numerator / denominator, numerator == denominator)
        for element in written.recurse().getElementsByClass(["Harmony", "NotRest"]):
            start = float(element.getOffsetInHierarchy(written))
            if "Harmony" in element.classes:
                measure.chords.append((start, _chord(element)))
            elif element.quarterLength:  # grace notes have none
                is_struck = element.tie is None or element.tie.type == "start"
                for pitch in getattr(element, "pitches", ()):  # unpitched percussion has none
                    length = float(element.quarterLength)
                    measure.sounds.append(Sound(start, length, pitch.midi, is_struck))
        yield measure


def _chord(symbol: Any) -> int:
    root = symbol.root() if "ChordSymbol" in symbol.classes else None
    if root is None:  # "N.C."
        return NO_CHORD
    bass = symbol.bass()
    upper = [p for p in symbol.pitches if p is not bass or p.pitchClass == root.pitchClass]
    return chord_of(root.pitchClass, (p.pitchClass - root.pitchClass for p in (root, *upper)))
