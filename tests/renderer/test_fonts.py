"""Which fonts a synth is made with, and what plays where one is not to be had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generators.music import Instruments
from renderer.errors import SoundFontError
from renderer.fonts import Fonts, try_font
from renderer.soundfont import read_soundfont
from tests.renderer.conftest import piece
from tests.tiny_font import write_font


@pytest.fixture
def fonts(tmp_path: Path) -> Fonts:
    own, a, b = (read_soundfont(write_font(tmp_path / f"{n}.sf2", INAM=n)) for n in "OAB")
    return Fonts(own, {"a": a, "b": b})


def test_an_unknown_name_means_the_stations_own_font(fonts: Fonts) -> None:
    assert (fonts.font("a").name, fonts.font("").name, fonts.font("x").name) == ("A", "O", "O")


def test_a_synth_for_one_piece_needs_its_fonts_alone(fonts: Fonts) -> None:
    bridge = piece(instruments=Instruments(soundfont="b"), leaving=Instruments(soundfont="a"))
    assert fonts.of(bridge) == fonts
    assert set(fonts.of(replace(bridge, leaving=None)).named) == {"b"}
    assert not fonts.of(piece()).named


def test_a_synth_of_the_fonts_plays_by_their_names(fonts: Fonts) -> None:
    synth = fonts.synth()
    synth.program(0, 0, soundfont="b")
    synth.note_on(0, 69, 100)
    assert np.abs(synth.write(9_600)).max() > 0.01
    synth.close()


def test_a_font_that_went_bad_is_left_out(fonts: Fonts, caplog: pytest.LogCaptureFixture) -> None:
    fonts.named["b"].path.write_bytes(b"RIFF\x04\0\0\0sfbk")
    assert set(fonts.loaded().named) == {"a"}
    assert "sound font b is left out" in caplog.text


def test_a_silent_font_is_found_out_before_it_is_on_air(tmp_path: Path) -> None:
    with pytest.raises(SoundFontError, match="silent"):
        try_font(write_font(tmp_path / "mute.sf2", loudness=0))
