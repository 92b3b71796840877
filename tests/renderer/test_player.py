"""Pieces laid end to end: what a listener hears at a join, a skip, a fault."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, cycle, repeat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.music import Instruments, Note, Piece, Trio
from renderer.errors import SynthError
from renderer.pcm import Pcm, Start
from renderer.player import Player
from renderer.score import bar_frames, frames_of
from renderer.synth import BLOCK_FRAMES, Synth
from tests.fonts import FONT
from tests.renderer.conftest import piece, trio

EMPTY = piece(trio=Trio((), (), (), 16))
SHORT = piece(trio=trio(1), tempo_qpm=173.0)


def player(synth: Synth, pieces: Iterable[Piece], position: int = 0) -> Player:
    return Player(synth, chain(pieces, repeat(EMPTY)).__next__, position)


def test_a_piece_begins_where_the_one_before_ends(synth: Synth) -> None:
    glide = piece(trio=trio(2), tempo_qpm=97.0, tempo_end_qpm=131.0)
    pcm = player(synth, [SHORT, glide], position=1_000).render(400_000)
    second = 1_000 + frames_of(SHORT)
    assert pcm.starts[:3] == (
        Start(1_000, SHORT),
        Start(second, glide),
        Start(second + frames_of(glide), EMPTY),
    )


def test_a_start_is_told_with_the_block_it_lies_in(synth: Synth) -> None:
    radio = player(synth, cycle([SHORT]))
    for _ in range(40):
        pcm = radio.render(7_001)
        assert all(0 <= start.position - pcm.position < 7_001 for start in pcm.starts)


def test_positions_follow_each_other(synth: Synth) -> None:
    radio = player(synth, cycle([SHORT]), position=50)
    assert [radio.render(frames).position for frames in (1, 100, 64)] == [50, 51, 151]
    assert radio.position == 215


@settings(max_examples=6, deadline=None)
@given(sizes=st.lists(st.integers(1, 20_000), min_size=1, max_size=20))
def test_blocks_of_any_size_give_the_same_sound(sizes: list[int]) -> None:
    whole, starts = _in_blocks([sum(sizes)])
    blocks, block_starts = _in_blocks(sizes)
    assert np.array_equal(blocks, whole)
    assert block_starts == starts


def _in_blocks(sizes: list[int]) -> tuple[np.ndarray, list[Start]]:
    synth = Synth(FONT)
    radio = player(synth, cycle([SHORT, EMPTY]), position=31)
    pcms = [radio.render(size) for size in sizes]
    synth.close()
    sound = np.concatenate([pcm.samples for pcm in pcms])
    return sound, [start for pcm in pcms for start in pcm.starts]


def test_the_first_note_is_never_early_and_at_most_a_block_late(synth: Synth) -> None:
    click = piece(trio=Trio((), (), (Note(0, 1, 37, 127),), 16), tempo_qpm=101.0)
    sound = player(synth, [EMPTY, click, EMPTY]).render(200_000).samples
    onset = int((np.abs(sound).max(axis=1) > 1e-4).argmax())
    assert 0 <= onset - frames_of(EMPTY) < 2 * BLOCK_FRAMES  # the sample fades in by itself


def test_the_tail_of_a_piece_rings_into_the_next(synth: Synth) -> None:
    strings = piece(
        trio=Trio((Note(0, 16, 67, 110),), (), (), 16), instruments=Instruments(melody=48)
    )
    sound = player(synth, [strings]).render(frames_of(strings) + 30_000).samples
    after = np.abs(sound[frames_of(strings) :])
    assert after[:9_600].max() > 0.01
    assert after[-4_800:].max() < after[:9_600].max() / 5


def test_the_tail_keeps_its_own_instrument(font: Path) -> None:
    strings = piece(
        trio=Trio((Note(0, 16, 67, 110),), (), (), 16), instruments=Instruments(melody=48)
    )
    same, other = (
        player(synth := Synth(font), [strings, _mute(program)]).render(150_000).samples
        for program in (48, 0)
    )
    synth.close()
    assert np.array_equal(same, other)


def _mute(program: int) -> Piece:
    return piece(trio=Trio((), (), (), 64), instruments=Instruments(melody=program))


def test_there_is_no_silence_at_a_join(synth: Synth) -> None:
    sound = player(synth, cycle([SHORT])).render(3 * frames_of(SHORT)).samples
    join = frames_of(SHORT)
    loudness = np.abs(sound[join - 4_800 : join + 4_800]).reshape(-1, 480, 2).max(axis=(1, 2))
    assert loudness.min() > 1e-3


def test_no_note_hangs_on_past_its_piece(synth: Synth) -> None:
    organ = piece(
        trio=Trio((Note(0, 16, 67, 110),), (), (), 16), instruments=Instruments(melody=16)
    )
    sound = player(synth, [organ]).render(frames_of(organ) + 250_000).samples
    assert np.abs(sound[-4_800:]).max() < 1e-3


def test_a_skip_lands_on_the_next_bar_line(synth: Synth) -> None:
    long = piece(trio=trio(8), tempo_qpm=111.0)
    radio = player(synth, [long, SHORT], position=777)
    radio.render(200_000)
    radio.skip()
    starts = [*radio.render(400_000).starts]
    line = next(line for line in bar_frames(long) if line >= 200_000)
    assert starts[0] == Start(777 + line, SHORT)


def test_a_skip_in_the_last_bar_waits_for_the_end(synth: Synth) -> None:
    radio = player(synth, [SHORT])
    radio.render(100)
    radio.skip()
    assert radio.render(100_000).starts[0].position == frames_of(SHORT)


def test_two_skips_at_once_skip_one_piece(synth: Synth) -> None:
    radio = player(synth, [piece(), SHORT])
    radio.render(100)
    radio.skip()
    radio.skip()
    starts = radio.render(200_000).starts
    assert [start.position for start in starts[:2]] == [96_000, 96_000 + frames_of(SHORT)]


def test_a_skipped_piece_is_let_ring(synth: Synth) -> None:
    strings = piece(
        trio=Trio((Note(0, 64, 67, 110),), (), (), 64), instruments=Instruments(melody=48)
    )
    radio = player(synth, [strings])
    radio.render(100)
    radio.skip()
    sound = radio.render(250_000).samples
    assert np.abs(np.diff(sound[95_000:100_000], axis=0)).max() < 0.05  # no click
    assert np.abs(sound[-4_800:]).max() < 1e-3


def test_another_synth_resumes_the_same_piece(font: Path) -> None:
    broken, whole = Synth(font), Synth(font)
    radio = player(broken, [piece()])
    radio.render(100_001)
    broken.close()
    with pytest.raises(SynthError):
        radio.render(50_000)
    radio.rebuild(whole)
    pcm: Pcm = radio.render(frames_of(piece()))
    assert pcm.position == 100_001
    assert pcm.starts[0] == Start(frames_of(piece()), EMPTY)
    assert np.abs(pcm.samples[:48_000]).max() > 0.05
    whole.close()


def test_the_current_piece_is_known(synth: Synth) -> None:
    radio = player(synth, [SHORT])
    assert radio.current is None
    radio.render(64)
    assert radio.current == SHORT
