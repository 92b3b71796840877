"""One FluidSynth, asked for sound."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import numpy as np
import pytest

from renderer.errors import SoundFontError, SynthError
from renderer.synth import Synth
from tests.tiny_font import RATE_HZ, write_font

NOTE_A = 69  # of 440 Hz


@pytest.fixture
def sine(tmp_path: Path) -> Path:
    """A font with nothing but sines in it."""
    return write_font(tmp_path / "sine.sf2")


def share_of_440(synth: Synth, channel: int = 0) -> float:
    """How much of a struck A is its fundamental: all of a sine, little of a harpsichord."""
    synth.note_on(channel, NOTE_A, 100)
    energy = np.abs(np.fft.rfft(synth.write(RATE_HZ)[:, 0])) ** 2
    return float(energy[430:450].sum() / energy.sum())


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


def test_a_piece_is_played_with_the_font_it_names(font: Path, sine: Path) -> None:
    synth = Synth(font, fonts={"sine": sine})
    synth.program(0, 0, soundfont="sine")
    synth.program(1, 6)
    assert share_of_440(synth) > 0.95
    synth.note_off(0, NOTE_A)
    synth.write(2 * RATE_HZ)
    assert share_of_440(synth, 1) < 0.7
    synth.close()


def test_what_a_font_lacks_is_played_with_the_stations_own(font: Path, sine: Path) -> None:
    with_both, own = Synth(font, fonts={"sine": sine}), Synth(font)
    for synth in (with_both, own):
        synth.program(0, 6, soundfont="sine" if synth is with_both else "")
        synth.note_on(0, 60, 100)
    assert np.array_equal(with_both.write(9_600), own.write(9_600))
    with_both.close()
    own.close()


def test_an_unknown_font_gives_way_with_one_warning(
    synth: Synth, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        synth.program(0, 0, soundfont="lost")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "sound font lost" in caplog.text
    assert share_of_440(synth) > 0.1


def test_a_font_that_does_not_load_leaves_the_others_playing(
    font: Path, sine: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "broken.sf2"
    broken.write_bytes(sine.read_bytes()[:-40])
    synth = Synth(font, fonts={"broken": broken, "sine": sine})
    assert "sound font broken: FluidSynth does not load it" in caplog.text
    synth.program(0, 0, soundfont="sine")
    with pytest.raises(SoundFontError, match=r"broken\.sf2"):
        synth.add_font("sine", broken)
    synth.program(0, 0, soundfont="sine")
    assert share_of_440(synth) > 0.95
    synth.close()


def test_a_font_is_added_while_another_sounds(synth: Synth, sine: Path) -> None:
    synth.program(0, 19)
    synth.note_on(0, 60, 100)
    synth.write(RATE_HZ)
    before = np.abs(synth.write(4_800)).max()
    synth.add_font("sine", sine)
    assert np.abs(synth.write(4_800)).max() == pytest.approx(before, rel=0.5)


@pytest.mark.parametrize("controller", [91, 93], ids=["reverb", "chorus"])
def test_what_is_sent_to_the_room_is_heard(sine: Path, controller: int) -> None:
    dry, wet = Synth(sine), Synth(sine)
    for synth in (dry, wet):
        for send in (91, 93):
            synth.control(0, send, 127 if synth is wet and send == controller else 0)
        synth.note_on(0, NOTE_A, 100)
    room = wet.write(RATE_HZ) - dry.write(RATE_HZ)
    assert np.sqrt((room**2).mean()) > 1e-3
    dry.close()
    wet.close()


def test_the_room_takes_nothing_from_who_hears_in_mono(sine: Path) -> None:
    synth = Synth(sine)
    synth.control(0, 93, 127)
    synth.note_on(0, NOTE_A, 100)
    sound = synth.write(4 * RATE_HZ)  # more than a turn of the chorus
    assert np.corrcoef(sound.T)[0, 1] > 0
    synth.close()


def test_a_note_dies_away_as_in_a_small_hall(sine: Path) -> None:
    synth = Synth(sine)
    synth.control(0, 91, 127)
    synth.note_on(0, NOTE_A, 127)
    level = np.abs(synth.write(RATE_HZ)[-4_800:]).max()
    synth.all_notes_off(0)
    tail = np.abs(synth.write(2 * RATE_HZ))
    assert 1e-3 < tail[RATE_HZ // 2 : RATE_HZ].max() / level < 0.1
    assert tail[-4_800:].max() / level < 2e-3
    synth.close()


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
