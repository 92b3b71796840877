"""One gain, and a ceiling."""

from __future__ import annotations

import subprocess
from itertools import pairwise

import numpy as np
import pytest

from renderer.mastering import CEILING, Master
from renderer.mix import MIX
from renderer.player import Player
from renderer.synth import Synth
from tests.renderer.conftest import piece, trio

DELAY = Master.delay_frames


def in_blocks(sound: np.ndarray, sizes: list[int], gain_db: float = 0.0) -> np.ndarray:
    master = Master(gain_db)
    edges = np.cumsum([0, *sizes])
    blocks = pairwise(edges)
    return np.concatenate([master.process(sound[start:end]) for start, end in blocks])


def tone(frames: int, level: float) -> np.ndarray:
    wave = level * np.sin(2 * np.pi * 440 / 48_000 * np.arange(frames))
    return np.stack([wave, wave], axis=1).astype(np.float32)


def test_soft_sound_only_gets_louder() -> None:
    sound = tone(9_600, 0.1)
    louder = in_blocks(sound, [9_600], gain_db=6.0)
    assert louder[DELAY:] == pytest.approx(sound[:-DELAY] * 10 ** (6 / 20), abs=1e-5)


def test_the_delay_is_as_it_says() -> None:
    click = np.zeros((4_800, 2), np.float32)
    click[1_000] = 0.5
    assert np.abs(in_blocks(click, [4_800])[:, 0]).argmax() == 1_000 + DELAY


@pytest.mark.parametrize("level", [1.0, 3.0, 50.0])
def test_nothing_gets_past_the_ceiling(level: float) -> None:
    rng = np.random.default_rng(4)
    sound = tone(48_000, level) + rng.normal(0, level / 3, (48_000, 2)).astype(np.float32)
    assert np.abs(in_blocks(sound, [48_000])).max() <= CEILING + 1e-6


def test_blocks_make_no_difference() -> None:
    sound = tone(48_000, 0.2)
    sound[20_000:30_000] *= 9
    sizes = [1, 63, 4_800, 17, 15_119, 28_000]
    assert np.array_equal(in_blocks(sound, sizes), in_blocks(sound, [48_000]))


def test_limiting_makes_no_click() -> None:
    swell = 1 + 4 * np.hanning(24_000)[:, None]  # 14 dB over the ceiling and back in 0.5 s
    sound = (tone(24_000, 1.0) * swell).astype(np.float32)
    slope = np.abs(np.diff(in_blocks(sound, [4_000] * 6), axis=0)).max()
    assert slope < 1.3 * CEILING * 2 * np.pi * 440 / 48_000


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_never_passes(bad: float) -> None:
    sound = tone(9_600, 0.1)
    sound[4_000:4_010] = bad
    out = in_blocks(sound, [4_800, 4_800])
    assert np.isfinite(out).all()
    assert out[-100:] == pytest.approx(sound[-100 - DELAY : -DELAY], abs=1e-5)


def test_a_trio_is_near_16_lufs(synth: Synth) -> None:
    """Not normalised: it comes out there because the gain was chosen so."""
    radio = Player(synth, lambda: piece(trio=trio(16)))
    sound = Master().process(radio.render(480_000).samples)
    command = ["ffmpeg", "-hide_banner", "-nostats", "-f", "f32le", "-ar", "48000", "-ac", "2"]
    command += ["-i", "pipe:", "-af", "ebur128", "-f", "null", "-"]
    report = subprocess.run(command, input=sound.tobytes(), capture_output=True, check=True)
    words = report.stderr.decode().split("Summary:")[1].split()
    assert float(words[words.index("I:") + 1]) == pytest.approx(-16, abs=1.5)


def test_the_melody_sits_to_the_right_of_the_bass() -> None:
    assert MIX["melody"].pan > MIX["bass"].pan == 64
