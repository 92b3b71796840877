"""What a listener would notice, in numbers; and a synth that can be asked what it was told."""

from __future__ import annotations

from typing import Any

import numpy as np

from generators.music import PARTS, STEPS_PER_BAR, Instruments, Note, Piece, Trio
from renderer.balance import Balance
from renderer.synth import Synth
from renderer.voices import SLOTS_A_SECOND, loudness_lufs
from tests.renderer.conftest import piece

WINDOW_FRAMES = 960  # 20 ms
EVEN = dict.fromkeys(PARTS, 90)


def envelope_db(sound: np.ndarray) -> np.ndarray:
    """Loudness of each 20 ms, in dB below full scale: shape (windows,)."""
    whole = sound[: len(sound) // WINDOW_FRAMES * WINDOW_FRAMES]
    power = (whole.reshape(-1, WINDOW_FRAMES, 2) ** 2).mean(axis=(1, 2))
    decibels: np.ndarray = 10 * np.log10(power + 1e-12)
    return decibels


def roughness(sound: np.ndarray) -> float:
    """The sharpest corner in it: a click has one that the music around it has not."""
    return float(np.abs(np.diff(sound, n=3, axis=0)).max())


def onsets(sound: np.ndarray, apart_frames: int) -> np.ndarray:
    """Where something begins after silence: the first frames heard, so far apart at least."""
    heard = np.flatnonzero(np.abs(sound).max(axis=1) > 1e-3)
    return heard[np.diff(heard, prepend=-apart_frames) >= apart_frames]


def even(of: Piece) -> Balance:
    """The same faders for every piece and every part."""
    return Balance(EVEN, EVEN if of.leaving else {}, ())


def chord(program: int, bars: int = 4, **fields: Any) -> Piece:
    """A chord that is held for the whole piece: any dent in it is not the music's."""
    notes = tuple(Note(0, 16 * bars, pitch, 100) for pitch in (60, 64, 67))
    instruments = fields.pop("instruments", Instruments(melody=program))
    return piece(trio=Trio(notes, (), (), 16 * bars), instruments=instruments, **fields)


def beats(**fields: Any) -> Piece:
    """A side stick on every quarter: short, with silence between."""
    steps = 64
    hits = tuple(Note(step, step + 1, 37, 110) for step in range(0, steps, 4))
    return piece(trio=Trio((), (), hits, steps), **fields)


class Attentive(Synth):
    """A synth that remembers which programs it was given, and where."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.given: list[tuple[int, int]] = []  # channel, program
        super().__init__(*arguments, **named)
        self.given.clear()  # it tries itself out

    def program(
        self, channel: int, program: int, is_drums: bool = False, soundfont: str = ""
    ) -> None:
        self.given.append((channel, program))
        super().program(channel, program, is_drums, soundfont)


def bars_lufs(piece: Piece, power: np.ndarray) -> np.ndarray:
    """How loud each bar is: (slots, BANDS) in, (bars,) out."""
    steps = range(0, piece.trio.steps + 1, STEPS_PER_BAR)
    lines = [round(piece.seconds_at(step) * SLOTS_A_SECOND) for step in steps]
    sums = np.concatenate([[0.0], np.cumsum(power.sum(axis=1))])[np.minimum(lines, len(power))]
    means = np.diff(sums) / np.maximum(1, np.diff(lines))
    return np.array([loudness_lufs(mean) for mean in means])
