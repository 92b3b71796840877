"""Planted clicks are found; music has none."""

from __future__ import annotations

import numpy as np
import pytest

from renderer.clicks import BLOCK_FRAMES, clicks
from renderer.mastering import GAIN_DB
from renderer.player import Player
from renderer.synth import Synth
from tests.renderer.conftest import piece, trio


@pytest.fixture
def music(synth: Synth) -> np.ndarray:
    sound = Player(synth, lambda: piece(trio=trio(8))).render(480_000).samples
    return sound * 10 ** (GAIN_DB / 20)  # as loud as on air


def test_a_band_with_drums_does_not_click(music: np.ndarray) -> None:
    assert len(clicks(music)) == 0


@pytest.mark.parametrize("kind", ["jump", "single sample", "dropout"])
def test_a_planted_click_is_found_where_it_is(music: np.ndarray, kind: str) -> None:
    at, loudest = 300_000 + 9_000, float(np.abs(music).max())  # between two hi-hats
    if kind == "jump":
        music[at:] += 0.3 * loudest
    elif kind == "single sample":
        music[at] += 0.3 * loudest
    else:
        music[at : at + 2_400] = 0.0
    assert np.abs(clicks(music) - at).min() <= 2 * BLOCK_FRAMES


def test_a_soft_tone_that_is_cut_clicks() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 200 / 48_000 * np.arange(24_000))[:, None].repeat(2, axis=1)
    tone[12_100:] = 0.0
    assert len(clicks(tone)) == 1


def test_silence_and_scraps_do_not_click() -> None:
    assert len(clicks(np.zeros((4_800, 2)))) == len(clicks(np.ones((7, 2)))) == 0
