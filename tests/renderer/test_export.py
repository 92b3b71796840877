"""Single pieces as files that other programs read."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pretty_midi
import pytest

from generators.music import STEPS_PER_QUARTER, Instruments, Note, Piece, Trio
from renderer import export
from renderer.balance import plain_balance
from renderer.errors import EncoderError
from renderer.export import (
    AUDIO_FORMATS,
    AudioFormat,
    export_audio,
    export_midi,
    render_piece,
)
from renderer.marks import COMMENT
from renderer.mastering import CEILING_DBTP
from renderer.score import frames_of
from renderer.synth import Synth
from tests.fonts import FONT
from tests.renderer.conftest import piece, trio

SHORT = piece(trio=trio(1), tempo_qpm=150.0, title="Ähre & Wind")
SWUNG = piece(
    trio=Trio((Note(0, 4, 60, 90, 15), Note(4, 8, 62, 90, -20)), (), (Note(8, 9, 38, 70, 33),), 16)
)
GLIDE = piece(tempo_qpm=88.0, tempo_end_qpm=127.0, instruments=Instruments(11, 35, 0))


PLAIN = plain_balance(SHORT)  # measuring instruments takes a second


def make_synth() -> Synth:
    return Synth(FONT)


def read(data: bytes) -> pretty_midi.PrettyMIDI:
    return pretty_midi.PrettyMIDI(io.BytesIO(data))


@pytest.mark.parametrize("original", [piece(), GLIDE])
def test_a_midi_file_reads_back_to_the_same_notes(original: Piece) -> None:
    midi = read(export_midi(original))
    step_ticks = export.TICKS_PER_QUARTER / STEPS_PER_QUARTER
    for track in midi.instruments:
        notes = tuple(
            Note(
                round(midi.time_to_tick(note.start) / step_ticks),
                round(midi.time_to_tick(note.end) / step_ticks),
                note.pitch,
                note.velocity,
            )
            for note in sorted(track.notes, key=lambda note: (note.start, note.end, note.pitch))
        )
        assert sorted(notes) == sorted(getattr(original.trio, track.name))


def test_a_midi_file_has_its_notes_where_they_are_struck() -> None:
    midi = read(export_midi(SWUNG))
    starts = {
        track.name: [midi.time_to_tick(note.start) for note in track.notes]
        for track in midi.instruments
    }
    assert starts == {"melody": [15, 460], "drums": [993]}


def test_a_bridge_has_its_notes_once() -> None:
    midi = pretty_midi.PrettyMIDI(io.BytesIO(export_midi(replace(GLIDE, leaving=Instruments()))))
    assert sum(len(track.notes) for track in midi.instruments) == _notes(GLIDE)
    assert "leaving: Acoustic Grand Piano, " in midi.text_events[0].text


def _notes(of: Piece) -> int:
    return len(of.trio.melody) + len(of.trio.bass) + len(of.trio.drums)


def test_a_midi_file_lasts_as_long_as_the_piece() -> None:
    assert read(export_midi(GLIDE)).get_end_time() == pytest.approx(GLIDE.seconds, abs=0.005)


def test_a_midi_file_glides_in_tempo() -> None:
    _, tempi = read(export_midi(GLIDE)).get_tempo_changes()
    assert tempi[0] == pytest.approx(88, abs=3)
    assert tempi[-1] == pytest.approx(127, abs=3)
    assert list(tempi) == sorted(tempi)


def test_a_midi_file_names_parts_and_instruments() -> None:
    tracks = read(export_midi(GLIDE)).instruments
    assert {(track.name, track.program, track.is_drum) for track in tracks} == {
        ("melody", 11, False),
        ("bass", 35, False),
        ("drums", 0, True),
    }


def test_a_bridge_names_both_its_ends_in_letters_that_midi_has() -> None:
    bridge = piece(title="Little Café → 夜 Drive")
    [text] = pretty_midi.PrettyMIDI(io.BytesIO(export_midi(bridge))).text_events
    assert text.text.startswith("Little Café to ? Drive")


def test_a_key_that_midi_cannot_name_is_left_out() -> None:
    assert not read(export_midi(piece(key="no key"))).key_signature_changes


@pytest.mark.usefixtures("few_keys")
def test_a_piece_sounds_the_same_each_time() -> None:
    """Balance and all: it is measured alike."""
    once, again = (render_piece(SHORT, make_synth, 0.5) for _ in range(2))
    assert np.array_equal(once, again)


def test_a_piece_begins_at_once_and_ends_with_its_tail() -> None:
    sound = render_piece(SHORT, make_synth, tail_seconds=2.0, balance=PLAIN)
    assert len(sound) == frames_of(SHORT) + 96_000
    assert np.abs(sound[:2_400]).max() > 0.02
    assert np.abs(sound).max() <= 10 ** ((CEILING_DBTP + 0.1) / 20)
    assert np.abs(sound[-2_400:]).max() < 0.01


@pytest.mark.parametrize("format", AUDIO_FORMATS)
def test_a_file_is_the_same_each_time(format: AudioFormat) -> None:
    once, again = (export_audio(SHORT, make_synth, format, balance=PLAIN) for _ in range(2))
    assert once == again


@pytest.mark.parametrize("format", AUDIO_FORMATS)
def test_a_file_decodes_to_the_piece(format: AudioFormat) -> None:
    data = export_audio(SHORT, make_synth, format, tail_seconds=1.0, balance=PLAIN)
    with av.open(io.BytesIO(data), "r") as file:
        frames = sum(frame.samples for frame in file.decode(audio=0))
    assert frames == pytest.approx(frames_of(SHORT) + 48_000, abs=2 * 1152)


@pytest.mark.parametrize("format", ["mp3", "flac", "ogg"])
def test_a_file_says_what_it_is(format: AudioFormat) -> None:
    data = export_audio(SHORT, make_synth, format, station="Radio Null", balance=PLAIN)
    with av.open(io.BytesIO(data), "r") as file:
        tags = {**file.metadata, **file.streams.audio[0].metadata}
    tags = {name.lower(): value for name, value in tags.items()}
    assert (tags["title"], tags["artist"]) == ("Ähre & Wind", "Radio Null")
    assert COMMENT in (tags.get("comment"), tags.get("description"))


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="wav, mp3, flac, ogg, not 'aiff'"):
        export_audio(SHORT, make_synth, "aiff")  # type: ignore[arg-type]  # no such kind: the point


def test_without_ffmpeg_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EncoderError, match="apt-get install ffmpeg"):
        export_audio(SHORT, make_synth, "mp3")


def test_a_wav_file_needs_no_ffmpeg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert export_audio(SHORT, make_synth, "wav", balance=PLAIN).startswith(b"RIFF")
