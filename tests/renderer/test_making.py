"""A file as the process for it makes it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from generators.recipe import identified
from renderer.balance import plain_balance
from renderer.errors import SoundFontError
from renderer.export import export_audio
from renderer.fonts import Fonts
from renderer.making import carry_out, encode_order
from renderer.soundfont import find_soundfont
from renderer.synth import Synth
from tests.fonts import FONT
from tests.renderer.conftest import piece, trio

SHORT = identified(piece(trio=trio(1), tempo_qpm=150.0))
FONTS = Fonts(find_soundfont(FONT), {})


def test_an_order_is_played_with_the_balance_it_was_aired_with() -> None:
    loud = replace(plain_balance(SHORT), trims_db=(3.0, -3.0))
    order = json.loads(encode_order(SHORT, "wav", "Radio Null", FONTS, loud))
    by_hand = export_audio(SHORT, lambda: Synth(FONT), "wav", station="Radio Null", balance=loud)
    assert carry_out(order) == by_hand


def test_an_order_with_a_font_that_is_gone_is_refused() -> None:
    order = json.loads(encode_order(SHORT, "wav", "Radio Null", FONTS, plain_balance(SHORT)))
    with pytest.raises(SoundFontError, match=r"gone\.sf2"):
        carry_out(order | {"font": "/nowhere/gone.sf2"})
