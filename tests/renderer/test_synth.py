"""One FluidSynth, asked for sound."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from renderer.errors import SoundFontError, SynthError
from renderer.synth import Synth


def test_an_idle_synth_is_silent(synth: Synth) -> None:
    assert np.abs(synth.write(4_800)).max() < 1e-6  # the reverb is never quite still


def test_a_note_sounds_in_both_channels(synth: Synth) -> None:
    synth.program(0, 0, is_drums=False)
    synth.note_on(0, 60, 100)
    assert (np.abs(synth.write(4_800)).max(axis=0) > 0.01).all()


def test_the_high_bank_has_drums_of_its_own(synth: Synth) -> None:
    synth.program(25, 0, is_drums=True)
    synth.note_on(25, 38, 100)
    drum = synth.write(9_600)
    synth.program(16, 0, is_drums=False)
    synth.write(96_000)
    synth.note_on(16, 38, 100)
    assert np.abs(drum - synth.write(9_600)).max() > 0.01


def test_a_released_note_rings_out(synth: Synth) -> None:
    synth.program(0, 48)
    synth.note_on(0, 60, 100)
    synth.write(24_000)
    synth.all_notes_off(0)
    tail = np.abs(synth.write(96_000))
    assert tail[4_000:9_000].max() > 1e-3
    assert tail[-1_000:].max() < 1e-3


def test_two_fresh_synths_sound_the_same(font: Path) -> None:
    def strum() -> np.ndarray:
        synth = Synth(font)
        for pitch in (60, 64, 67):
            synth.note_on(0, pitch, 100)
        sound = synth.write(9_600)
        synth.close()
        return sound

    assert np.array_equal(strum(), strum())


def test_an_unknown_instrument_gives_way_to_the_first(synth: Synth) -> None:
    synth.program(9, 99, is_drums=True)
    synth.note_on(9, 38, 100)
    assert np.abs(synth.write(4_800)).max() > 0.01


def test_a_closed_synth_says_so(synth: Synth) -> None:
    synth.close()
    with pytest.raises(SynthError, match="closed"):
        synth.write(64)


def test_a_font_that_does_not_load_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hollow.sf2"
    path.write_bytes(b"RIFF\x04\0\0\0sfbk")
    with pytest.raises(SoundFontError, match=r"hollow\.sf2"):
        Synth(path)
    assert "fluidsynth:" not in capfd.readouterr().err  # the message is ours


def test_without_the_library_the_error_says_how_to_install_it(
    font: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    with pytest.raises(SynthError, match="apt-get install libfluidsynth3"):
        Synth(font)
