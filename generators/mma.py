"""Bass and drums for a chart of chords, by mma (Musical MIDI Accompaniment).

mma is a program of its own (Debian package `mma`); without it nothing can be arranged. It reads a
chart that we write, chord names and a groove's name and nothing else, in a folder of its own.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generators.chords import NO_CHORD, chord_name
from generators.errors import MidiError
from generators.events import drums_to_tokens, melody_to_tokens
from generators.grooves import GROOVES
from generators.midi import read_runs
from generators.music import STEPS_PER_BAR, STEPS_PER_QUARTER

BEATS_PER_BAR = STEPS_PER_BAR // STEPS_PER_QUARTER
FILL_EVERY_BARS = 8
BASS_TRACKS = ("Bass", "Walk")  # as mma names its tracks
DRUM_TRACKS = "Drum"
TIMEOUT_SECONDS = 60.0
MISSING = "mma is not installed, so nothing is arranged: install it with `apt install mma`"


@dataclass(frozen=True, slots=True)
class Arrangement:
    groove: str
    bass: np.ndarray  # int16 tokens, (steps,)
    drums: np.ndarray


def find_mma() -> str | None:
    """Where the program is, or nothing where it is not installed."""
    return shutil.which("mma")


def groove_for(melody: str, take: int) -> str:
    """The groove of a melody's take: always the same, and of two takes hardly ever the same."""
    names = tuple(GROOVES)
    first = int.from_bytes(hashlib.sha256(melody.encode()).digest()[:8])
    return names[(first + take * (len(names) * 5 // 13)) % len(names)]


def chart(chords: np.ndarray, groove: str, seed: int) -> str:
    """An mma file: one line a bar, every chord on its beat.

    Args:
        chords: one a beat, int16 `(beats,)`, whole bars; NO_CHORD is a rest.
        groove: a key of GROOVES.
        seed: of mma's own dice.
    """
    fill = GROOVES[groove]
    lines = [f"RndSeed {seed}", "Tempo 120", f"Groove {groove}"]
    for bar, beats in enumerate(chords.reshape(-1, BEATS_PER_BAR), start=1):
        if fill and bar > 1 and bar % FILL_EVERY_BARS in (0, 1):
            lines.append(f"Groove {groove if bar % FILL_EVERY_BARS else fill}")
        lines.append(f"{bar} {' '.join(_beats(beats))}")
    return "\n".join(lines) + "\n"


def _beats(beats: np.ndarray) -> Iterator[str]:
    before = None
    for chord in beats.tolist():
        name = "z" if chord == NO_CHORD else chord_name(chord)
        yield "/" if name == before else name
        before = name


def arrange(program: str, chords: np.ndarray, groove: str, seed: int) -> Arrangement:
    """Have mma play a chart, and keep its bass and its drums.

    Raises:
        MidiError: mma failed, took too long, or wrote nothing of use.
    """
    with tempfile.TemporaryDirectory(prefix="latentfm-mma-") as folder:
        Path(folder, "chart.mma").write_text(chart(chords, groove, seed))
        Path(folder, "empty.rc").touch()  # in place of the reader's own ~/.mmarc
        command = [program, "-w", "-m", "10000", "-i", "empty.rc", "-f", "out.mid", "chart.mma"]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise MidiError(f"mma took longer than {TIMEOUT_SECONDS:.0f} s") from error
        written = Path(folder, "out.mid")
        if done.returncode or not written.is_file():
            raise MidiError(f"mma cannot play {groove}: {done.stdout[-200:].strip()}")
        data = written.read_bytes()
    steps = len(chords) * STEPS_PER_QUARTER
    return Arrangement(groove, *_bass_and_drums(data, steps))


def _only(data: bytes, wanted: tuple[str, ...]) -> bytes:
    """A MIDI file without all tracks but the first, which has the metre, and those named so.

    Most of what mma writes are chords; not to read them is three quarters of the time.
    """
    chunks, at = [], 0
    while at + 8 <= len(data):
        (size,) = struct.unpack(">I", data[at + 4 : at + 8])
        chunks.append(data[at : at + 8 + size])
        at += 8 + size
    head, *tracks = chunks
    kept = [t for i, t in enumerate(tracks) if i == 0 or _track_name(t).startswith(wanted)]
    return head[:10] + struct.pack(">H", len(kept)) + head[12:] + b"".join(kept)


def _track_name(track: bytes) -> str:
    at = track.find(b"\xff\x03")
    return track[at + 3 : at + 3 + track[at + 2]].decode("latin-1") if at >= 0 else ""


def _bass_and_drums(data: bytes, steps: int) -> tuple[np.ndarray, np.ndarray]:
    try:
        runs = read_runs(_only(data, (*BASS_TRACKS, DRUM_TRACKS)))
    except (struct.error, IndexError, ValueError) as error:
        raise MidiError(f"mma wrote a damaged file: {error}") from error
    if len(runs) != 1:
        raise MidiError("mma wrote something else than 4/4")
    drums = [note for track in runs[0].tracks if track.kind == "drums" for note in track.notes]
    bass = [
        note
        for track in runs[0].tracks
        if track.name.startswith(BASS_TRACKS)  # by name: in some grooves a tuba plays it
        for note in track.notes
    ]
    if not bass or not drums:
        raise MidiError("mma wrote no bass or no drums")
    return melody_to_tokens(bass, steps), drums_to_tokens(drums, steps)
