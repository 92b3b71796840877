"""Tokens and grooves to MIDI, at 120 quarter notes a minute: byte for byte as Magenta writes it.

Source: note_seq's sequence_proto_to_midi_file and Magenta's converters.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
import pretty_midi

from generators.events import DRUM_BITS, tokens_to_melody
from generators.magenta.convert.kits import KITS
from generators.music import STEPS_PER_QUARTER

QPM = 120.0
STEP_SECONDS = 60 / QPM / STEPS_PER_QUARTER
TICKS_PER_QUARTER = 220  # note_seq's
VELOCITY = 80
PROGRAMS = {"melody": 0, "bass": 33}


def midi_of(
    tokens: np.ndarray, parts: Iterable[str], drum_kinds: int = DRUM_BITS
) -> pretty_midi.PrettyMIDI:
    """Tokens `(steps, parts)`: an instrument for each part that has notes. A hit lasts a step."""
    midi = pretty_midi.PrettyMIDI(resolution=TICKS_PER_QUARTER, initial_tempo=QPM)
    for part, voice in zip(parts, tokens.T, strict=True):
        if part == "drums":
            track = pretty_midi.Instrument(0, is_drum=True)
            for step, bit in _bits(voice, drum_kinds):
                track.notes.append(_note(KITS[drum_kinds][bit][0], step, step + 1))
        else:
            track = pretty_midi.Instrument(PROGRAMS[part])
            track.notes = [_note(n.pitch, n.start, n.end) for n in tokens_to_melody(voice)]
        if track.notes:
            midi.instruments.append(track)
    return _playable(midi)


def groove_midi(outputs: np.ndarray) -> pretty_midi.PrettyMIDI:
    """A groove `(steps, 27)`: hits, velocities 0..1 and offsets -1..1 (+1 is half a step early)."""
    midi = pretty_midi.PrettyMIDI(resolution=TICKS_PER_QUARTER, initial_tempo=QPM)
    hits, velocities, offsets = np.split(outputs, 3, axis=-1)
    track = pretty_midi.Instrument(0, is_drum=True)
    kit = KITS[hits.shape[-1]]
    for step, drum in np.argwhere(hits > 0.5).tolist():
        start = max(0.0, step - offsets[step, drum] / 2)  # a file cannot begin before its start
        # A note-on of velocity 0 would be a note-off.
        velocity = int(np.clip(np.rint(127 * velocities[step, drum]), 1, 127))
        track.notes.append(_note(kit[drum][0], start, start + 1, velocity))
    if track.notes:
        midi.instruments.append(track)
    return _playable(midi)


def file_of(midi: pretty_midi.PrettyMIDI) -> bytes:
    """The bytes of a MIDI file."""
    file = io.BytesIO()
    midi.write(file)
    return file.getvalue()


def _playable(midi: pretty_midi.PrettyMIDI) -> pretty_midi.PrettyMIDI:
    """Silence is a piano that does not play, as note_seq writes it."""
    midi.instruments = midi.instruments or [pretty_midi.Instrument(0)]
    return midi


def _note(pitch: int, start: float, end: float, velocity: int = VELOCITY) -> pretty_midi.Note:
    return pretty_midi.Note(velocity, pitch, float(start * STEP_SECONDS), float(end * STEP_SECONDS))


def _bits(voice: np.ndarray, kinds: int) -> list[list[int]]:
    """(step, bit) of every hit."""
    hits: list[list[int]] = np.argwhere(voice[:, None] >> np.arange(kinds) & 1).tolist()
    return hits
