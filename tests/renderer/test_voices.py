"""What is added up from single notes is what is heard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from renderer.forecast import part_power
from renderer.loudness import Meter
from renderer.player import Player
from renderer.score import frames_of
from renderer.synth import GAIN, Synth
from renderer.typical import FAMILIES, typical_voice
from renderer.voices import EXPRESSION_0_DB, SLOTS_A_SECOND, loudness_lufs, measure_voice, powers
from tests.fonts import FONT
from tests.renderer.conftest import piece, trio
from tests.renderer.ears import EVEN, bars_lufs, even

VIBRAPHONE = 11


def test_power_is_weighted_as_the_meter_does() -> None:
    rng = np.random.default_rng(2)
    sound = (0.1 * rng.standard_normal((5 * 48_000, 2))).astype(np.float32)
    meter = Meter()
    meter.measure(sound)
    assert loudness_lufs(powers(sound).sum(axis=1).mean()) == pytest.approx(
        meter.integrated_lufs, abs=0.1
    )


def test_a_tone_lies_in_its_octave() -> None:
    wave = np.sin(2 * np.pi * 440 / 48_000 * np.arange(48_000))
    bands = powers(np.stack([wave, wave], axis=1)).sum(axis=0)
    assert bands.argmax() == 2  # 250 to 500 Hz
    assert bands.max() > 0.95 * bands.sum()


def test_notes_add_up_to_what_the_player_plays(synth: Synth) -> None:
    of = piece(trio=replace(trio(8), bass=(), drums=()))
    voice = measure_voice(Synth(FONT), "melody", 0, strip=of.instruments.mix.melody)
    forecast = part_power(of, of.trio.melody, voice) * (EVEN["melody"] / 127) ** 4
    played = powers(Player(synth, lambda: of, even).render(frames_of(of)).samples)
    assert bars_lufs(of, forecast) == pytest.approx(bars_lufs(of, played), abs=1.0)


def test_a_fresh_synth_gives_the_same_voice() -> None:
    first, second = (measure_voice(Synth(FONT), "drums", 0) for _ in range(2))
    assert np.array_equal(first.held, second.held)


def test_a_note_is_heard_beyond_its_end_and_then_fades() -> None:
    voice = measure_voice(Synth(FONT), "melody", VIBRAPHONE)
    power = voice.sound(72, SLOTS_A_SECOND // 2).sum(axis=1)
    assert len(power) > SLOTS_A_SECOND // 2
    assert power[-1] < power[0] / 100


def test_a_long_note_goes_on() -> None:
    assert len(typical_voice("melody", 19).sound(60, 1000)) >= 1000


@pytest.mark.parametrize("family", range(len(FAMILIES)))
def test_a_typical_voice_is_as_loud_as_its_table_says(family: int) -> None:
    _, level_lufs, _ = FAMILIES[family]
    louder_db = 40 * np.log10(127 / 80 * EXPRESSION_0_DB / 127) + 20 * np.log10(GAIN / 0.5)
    level = typical_voice("melody", 8 * family).level_lufs(60)
    assert level == pytest.approx(level_lufs + louder_db, abs=0.1)
