"""What is heard when the operator skips."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, repeat
from pathlib import Path

import numpy as np
import pytest

from generators.music import Instruments, Piece, Trio
from renderer.errors import SynthError
from renderer.performance import FADE_FRAMES
from renderer.player import Player
from renderer.synth import Synth
from tests.renderer.conftest import piece
from tests.renderer.ears import WINDOW_FRAMES, chord, envelope_db, roughness

EMPTY = piece(trio=Trio((), (), (), 64))
ORGAN, STRINGS = chord(19, bars=8), chord(48, bars=8)
SKIPPED = 100_032  # a whole number of blocks


def player(synth: Synth, pieces: Iterable[Piece]) -> Player:
    return Player(synth, chain(pieces, repeat(EMPTY)).__next__)


def skipping(synth: Synth, pieces: Iterable[Piece], frames: int = 150_000) -> np.ndarray:
    """Some sound, and some more after a skip."""
    radio = player(synth, pieces)
    before = radio.render(SKIPPED).samples
    radio.skip()
    return np.concatenate([before, radio.render(frames).samples])


def test_the_next_piece_begins_at_once(synth: Synth) -> None:
    radio = player(synth, [ORGAN, STRINGS])
    radio.render(100_001)
    radio.skip()
    [start] = radio.render(48_000).starts
    assert (start.piece, start.position) == (STRINGS, SKIPPED)


def test_what_is_skipped_is_gone_within_a_second(synth: Synth) -> None:
    sound = skipping(synth, [ORGAN])
    assert np.abs(sound[SKIPPED + 10_000 :][:1_000]).max() > 0.01
    assert np.abs(sound[SKIPPED + 48_000 :]).max() < 2e-3  # its room still rings


def test_it_fades_as_a_cosine(synth: Synth) -> None:
    loudness = envelope_db(skipping(synth, [ORGAN])[SKIPPED - 20 * WINDOW_FRAMES :])
    windows = FADE_FRAMES // WINDOW_FRAMES
    wanted = 20 * np.log10(np.cos(np.pi / 2 * (np.arange(windows - 8) + 0.5) / windows))
    heard = loudness[20 : 20 + windows - 8] - loudness[:20].mean()
    assert heard == pytest.approx(wanted, abs=2.0)  # the organ itself beats by that much


def test_two_pieces_change_over_without_a_dip(synth: Synth) -> None:
    sound = skipping(synth, [ORGAN, ORGAN])
    loudness = envelope_db(sound[SKIPPED - 48_000 :][: 48_000 + 2 * FADE_FRAMES])
    assert loudness.max() - loudness.min() < 6
    assert loudness[-20:].mean() == pytest.approx(loudness[:50].mean(), abs=1.5)


def test_nothing_clicks(synth: Synth) -> None:
    sound = skipping(synth, [ORGAN, STRINGS])
    change = sound[SKIPPED - 4_800 : SKIPPED + FADE_FRAMES + 4_800]
    assert roughness(change) < 1.5 * roughness(sound[48_000 : SKIPPED - 4_800])


def test_skips_in_a_row_wait_for_each_other(synth: Synth) -> None:
    radio = player(synth, [ORGAN, STRINGS, ORGAN])
    radio.render(SKIPPED)
    radio.skip()
    starts = list(radio.render(64).starts)
    radio.skip()
    starts += radio.render(100_000).starts
    assert [start.position - SKIPPED for start in starts] == [0, FADE_FRAMES]


def test_two_skips_at_once_skip_one_piece(synth: Synth) -> None:
    radio = player(synth, [ORGAN, STRINGS])
    radio.render(64)
    radio.skip()
    radio.skip()
    assert len(radio.render(100_000).starts) == 1


def test_a_skip_with_nothing_on_air_is_forgotten(synth: Synth) -> None:
    radio = player(synth, [ORGAN, STRINGS])
    radio.skip()
    assert [start.piece for start in radio.render(100_000).starts] == [ORGAN]


def test_many_skips_leave_nothing_behind(synth: Synth) -> None:
    radio = player(synth, [ORGAN] * 13)
    for _ in range(12):
        radio.render(40_000)
        radio.skip()
    quiet = radio.render(48_000 + FADE_FRAMES)
    radio.skip()
    assert [start.piece for start in quiet.starts] == [ORGAN]
    assert np.abs(radio.render(200_000).samples[-4_800:]).max() < 1e-3


def test_a_bridge_is_skipped_whole(synth: Synth) -> None:
    bridge = chord(48, leaving=Instruments(melody=19))
    sound = skipping(synth, [bridge], 100_000)
    assert np.abs(sound[-4_800:]).max() < 2e-3


def test_a_piece_that_ends_while_it_fades_goes_in_peace(synth: Synth) -> None:
    short = chord(19, bars=1, tempo_qpm=113.0)  # 2.1 s: 0.04 s are left
    sound = skipping(synth, [short, ORGAN])
    assert roughness(sound[SKIPPED:]) < 2 * roughness(sound[20_000:SKIPPED])


def test_a_cut_that_was_asked_for_is_forgotten(synth: Synth) -> None:
    radio = player(synth, [ORGAN, STRINGS])
    radio.render(100)
    radio.cut(96_000)
    radio.skip()
    assert [start.position for start in radio.render(200_000).starts] == [128]


def test_a_new_synth_fades_on(font: Path) -> None:
    broken, whole = Synth(font), Synth(font)
    radio = player(broken, [ORGAN, STRINGS])
    radio.render(SKIPPED)
    radio.skip()
    radio.render(9_600)
    broken.close()
    with pytest.raises(SynthError):
        radio.render(9_600)
    radio.rebuild(whole)
    pcm = radio.render(100_000)
    assert pcm.starts == ()
    assert radio.current == STRINGS
    whole.close()
