"""One gain, a slow hand on the fader, and a ceiling."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from renderer.clicks import clicks
from renderer.loudness import HOP_FRAMES, Meter, Reading, integrated_lufs
from renderer.mastering import CEILING_DBTP, GAIN_DB, OUT_LUFS, Leveller, Master

DELAY = Master.delay_frames
SECOND = 48_000


def in_blocks(sound: np.ndarray, sizes: list[int], master: Master) -> np.ndarray:
    edges = np.cumsum([0, *sizes])
    return np.concatenate([master.process(sound[start:end]) for start, end in pairwise(edges)])


def mastered(sound: np.ndarray, gain_db: float = 0.0) -> np.ndarray:
    """By gain and limiter alone."""
    return Master(gain_db, levelled=False).process(sound)


def tone(frames: int, level: float) -> np.ndarray:
    wave = level * np.sin(2 * np.pi * 440 / SECOND * np.arange(frames))
    return np.stack([wave, wave], axis=1).astype(np.float32)


def noise(seconds: float, level: float) -> np.ndarray:
    rng = np.random.default_rng(4)
    return rng.normal(0, level, (round(seconds * SECOND), 2)).astype(np.float32)


def true_peak_dbtp(sound: np.ndarray) -> float:
    meter = Meter(true_peak=True)
    meter.measure(sound)
    return meter.true_peak_dbtp


def levelled(lufs: float, seconds: int, pause: range = range(0)) -> list[float]:
    """What the leveller does, second by second, with a programme that is so loud."""
    leveller, gains = Leveller(), []
    for second in range(seconds):
        heard = lufs - 30 if second in pause else lufs + leveller.gain_db
        for _ in range(SECOND // HOP_FRAMES):
            leveller.read(Reading(0, heard, heard))
        gains.append(leveller.gain_db)
    return gains


def test_soft_sound_only_gets_louder() -> None:
    sound = tone(9_600, 0.1)
    louder = mastered(sound, gain_db=6.0)
    heard = slice(2_000, None)  # a tone that begins at once has peaks between its samples
    expected = sound[:-DELAY] * 10 ** (6 / 20)
    assert louder[DELAY:][heard] == pytest.approx(expected[heard], abs=1e-3)


def test_the_delay_is_as_it_says() -> None:
    click = np.zeros((4_800, 2), np.float32)
    click[1_000] = 0.3
    assert np.abs(mastered(click)[:, 0]).argmax() == 1_000 + DELAY


def test_a_skip_is_not_late_for_it() -> None:
    assert DELAY < SECOND // 100


@pytest.mark.parametrize("level", [1.0, 3.0, 50.0])
def test_no_peak_between_the_samples_comes_near_full_scale(level: float) -> None:
    pitches = 440.0 * 2 ** (np.arange(40) / 12)
    moments = np.arange(2 * SECOND)[:, None] / SECOND
    chord = np.sin(2 * np.pi * pitches * moments).sum(axis=1) / len(pitches) * 4
    sound = np.stack([chord, chord], axis=1).astype(np.float32) * level
    assert true_peak_dbtp(mastered(sound)) <= CEILING_DBTP + 0.6


def test_blocks_make_no_difference() -> None:
    sound = tone(SECOND, 0.2)
    sound[20_000:30_000] *= 9
    sizes = [1, 63, 4_800, 17, 15_119, 28_000]
    assert np.array_equal(in_blocks(sound, sizes, Master(0.0)), Master(0.0).process(sound))


def test_limiting_makes_no_click() -> None:
    swell = 1 + 4 * np.hanning(24_000)[:, None]  # 14 dB over the ceiling and back in 0.5 s
    limited = mastered((tone(24_000, 1.0) * swell).astype(np.float32))
    assert len(clicks(limited[DELAY:])) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_never_passes(bad: float) -> None:
    sound = tone(9_600, 0.1)
    sound[4_000:4_010] = bad
    out = in_blocks(sound, [4_800, 4_800], Master(0.0, levelled=False))
    assert np.isfinite(out).all()
    assert out[-100:] == pytest.approx(sound[-100 - DELAY : -DELAY], abs=1e-3)


def test_a_programme_that_is_off_is_brought_home() -> None:
    gains = levelled(OUT_LUFS - 1.0, seconds=300)
    assert gains[-1] == pytest.approx(1.0, abs=0.1)


def test_nobody_hears_the_leveller_move() -> None:
    assert max(np.abs(np.diff(levelled(OUT_LUFS + 8.0, seconds=60)))) <= 0.1 + 1e-9


def test_the_leveller_does_not_swing() -> None:
    assert max(levelled(OUT_LUFS - 1.0, seconds=600)) < 1.1


def test_a_pause_turns_nothing_up() -> None:
    gains = levelled(OUT_LUFS, seconds=100, pause=range(30, 90))
    assert max(np.abs(gains)) < 0.05


def test_a_soft_programme_comes_out_at_the_target() -> None:
    sound = noise(60, level=10 ** ((OUT_LUFS - GAIN_DB - 4) / 20))
    master, meter = Master(), Meter()
    readings = meter.measure(np.concatenate([master.process(sound) for _ in range(5)]))
    last = np.array([reading.momentary_lufs for reading in readings[-600:]])
    assert integrated_lufs(last) == pytest.approx(OUT_LUFS, abs=0.25)


def test_a_master_that_resumes_a_level_goes_on_as_the_other_would() -> None:
    sound = noise(12, 0.002)  # too soft, so that the leveller moves
    one, other = Master(), Master()
    one.process(sound[: 10 * SECOND])
    assert one.level is not None
    assert one.level.gain_db > 0.05
    other.resume(one.level)
    heard = [master.process(sound[10 * SECOND :])[SECOND:] for master in (one, other)]
    assert heard[0] == pytest.approx(heard[1], rel=1e-3, abs=1e-4)
