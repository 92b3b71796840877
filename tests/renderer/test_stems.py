"""The parts of a piece, each by itself."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import av
import numpy as np
import pytest

from generators.music import Instruments, Piece, Trio
from renderer.balance import plain_balance
from renderer.score import frames_of
from renderer.solo import solo
from renderer.stems import export_stems, render_stems
from renderer.synth import Synth
from tests.fonts import FONT
from tests.renderer.conftest import piece, trio

PLAIN = piece(trio=trio(4), instruments=Instruments(48, 33, 0), tempo_qpm=140.0)
BRIDGE = replace(PLAIN, leaving=Instruments(0, 35, 40))
SHORT = piece(trio=trio(1), tempo_qpm=150.0, title="Ähre & Wind")


def make_synth() -> Synth:
    return Synth(FONT)


def power_db(sound: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(sound**2) + 1e-20))


@pytest.mark.parametrize("whole", [PLAIN, BRIDGE])
def test_stems_add_up_to_the_mix(whole: Piece) -> None:
    balance = plain_balance(whole)
    mix = np.concatenate(list(solo(whole, make_synth, balance, frames_of(whole) + 48_000)))
    stems = render_stems(whole, make_synth, 1.0, balance=balance)
    assert set(stems) == {"melody", "bass", "drums"}
    assert power_db(sum(stems.values()) - mix) < power_db(mix) - 60


def test_a_part_that_rests_has_a_silent_stem() -> None:
    alone = replace(SHORT, trio=replace(SHORT.trio, drums=(), bass=()))
    stems = render_stems(alone, make_synth, 0.5, balance=plain_balance(SHORT))
    assert np.abs(stems["melody"]).max() > 0.01
    assert power_db(stems["drums"]) < power_db(stems["melody"]) - 60


def test_stems_are_flac_files_of_one_length() -> None:
    data = export_stems(SHORT, make_synth, 1.0, balance=plain_balance(SHORT))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["melody.flac", "bass.flac", "drums.flac"]
        sounds = [_decoded(archive.read(name)) for name in archive.namelist()]
    assert {sound.shape for sound in sounds} == {(frames_of(SHORT) + 48_000, 2)}


def test_a_stem_reads_back_to_what_was_rendered() -> None:
    balance = plain_balance(SHORT)
    data = export_stems(SHORT, make_synth, 0.2, balance=balance)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        read = _decoded(archive.read("bass.flac"))
    rendered = render_stems(SHORT, make_synth, 0.2, balance=balance)["bass"]
    assert read == pytest.approx(rendered, abs=2**-22)  # 24 bits


def test_stems_are_the_same_each_time() -> None:
    balance = plain_balance(SHORT)
    once, again = (export_stems(SHORT, make_synth, balance=balance) for _ in range(2))
    assert once == again


def test_silence_makes_silent_stems() -> None:
    nothing = piece(trio=Trio((), (), (), 16))
    stems = render_stems(nothing, make_synth, balance=plain_balance(nothing))
    assert all(np.abs(stem).max() < 1e-6 for stem in stems.values())


def _decoded(data: bytes) -> np.ndarray:
    with av.open(io.BytesIO(data), "r") as file:
        blocks = [frame.to_ndarray() for frame in file.decode(audio=0)]
    sound: np.ndarray = np.concatenate(blocks, axis=1, dtype=np.float64).reshape(-1, 2) / 2.0**31
    return sound
