"""The meter against ffmpeg's own, and what is made of its readings."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

from renderer.loudness import HOP_FRAMES, Meter, Reading, integrated_lufs, step_lu

SECOND = 48_000


def programme() -> np.ndarray:
    """Twelve seconds: soft noise, a rest, loud noise."""
    levels = np.repeat([0.05, 0.0001, 0.2], 4 * SECOND)[:, None]
    rng = np.random.default_rng(7)
    return (levels * rng.standard_normal((12 * SECOND, 2))).astype(np.float32)


def ffmpeg_says(sound: np.ndarray) -> dict[str, float]:
    command = ["ffmpeg", "-hide_banner", "-nostats", "-f", "f32le", "-ar", "48000", "-ac", "2"]
    command += ["-i", "pipe:", "-af", "ebur128=peak=true", "-f", "null", "-"]
    report = subprocess.run(command, input=sound.tobytes(), capture_output=True, check=True)
    words = report.stderr.decode().split("Summary:")[1].split()
    return {name: float(words[words.index(name) + 1]) for name in ("I:", "Peak:")}


def steady(before_lufs: float, after_lufs: float) -> list[Reading]:
    """Ten seconds, as short-term loudness sees a change in the middle."""
    readings = []
    for number in range(1, 101):
        new = np.clip((number - 50) / 30, 0, 1)
        power = (1 - new) * 10 ** (before_lufs / 10) + new * 10 ** (after_lufs / 10)
        readings.append(Reading(number * HOP_FRAMES, 0.0, float(10 * np.log10(power))))
    return readings


def test_the_meter_agrees_with_ffmpeg() -> None:
    meter = Meter(true_peak=True)
    meter.measure(programme())
    said = ffmpeg_says(programme())
    assert meter.integrated_lufs == pytest.approx(said["I:"], abs=0.1)
    assert meter.true_peak_dbtp == pytest.approx(said["Peak:"], abs=0.1)


def test_momentary_readings_are_enough_for_any_stretch() -> None:
    meter = Meter()
    momentary = np.array([r.momentary_lufs for r in meter.measure(programme())])
    assert integrated_lufs(momentary) == pytest.approx(meter.integrated_lufs, abs=0.1)


def test_it_reads_ten_times_a_second_however_the_sound_comes() -> None:
    meter, sound = Meter(position=960), programme()
    readings = [r for block in np.array_split(sound, 37) for r in meter.measure(block)]
    assert readings == Meter(position=960).measure(sound)
    assert [r.position for r in readings[:2]] == [960 + HOP_FRAMES, 960 + 2 * HOP_FRAMES]


def test_silence_is_no_loudness() -> None:
    assert integrated_lufs(np.full(50, -120.0)) == -70.0


def test_a_join_into_a_louder_piece_is_a_step_up() -> None:
    assert step_lu(steady(-16, -13), 50 * HOP_FRAMES) == pytest.approx(3.0)


def test_a_step_is_read_at_the_nearest_hop() -> None:
    assert step_lu(steady(-16, -18), 50 * HOP_FRAMES + 900) == pytest.approx(-2.0)


@pytest.mark.parametrize("hop", [5, 95])
def test_a_join_too_near_the_edge_cannot_be_judged(hop: int) -> None:
    with pytest.raises(ValueError, match="3 s before to 3 s after"):
        step_lu(steady(-16, -16), hop * HOP_FRAMES)
