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
from tests.renderer.ears import even

EMPTY = piece(trio=Trio((), (), (), 16))
HELD = piece(trio=Trio((Note(0, 64, 67, 110),), (), (), 64), instruments=Instruments(melody=48))
SHORT = piece(trio=trio(1), tempo_qpm=173.0)


def player(synth: Synth, pieces: Iterable[Piece], position: int = 0) -> Player:
    return Player(synth, chain(pieces, repeat(EMPTY)).__next__, position=position)


def test_a_piece_begins_where_the_one_before_ends(synth: Synth) -> None:
    glide = piece(trio=trio(2), tempo_qpm=97.0, tempo_end_qpm=131.0)
    pcm = player(synth, [SHORT, glide], position=1_000).render(400_000)
    second = 1_000 + frames_of(SHORT)
    assert pcm.starts[:3] == (
        Start(1_000, SHORT),
        Start(second, glide),
        Start(second + frames_of(glide), EMPTY),
    )


def test_silence_leads_up_to_where_the_first_piece_begins(synth: Synth) -> None:
    radio = Player(synth, cycle([SHORT]).__next__, position=64, begins=1_000)
    pcm = radio.render(20_000)
    assert pcm.starts[0] == Start(1_000, SHORT)
    assert np.abs(pcm.samples[: 1_000 - 64]).max() < 1e-4  # the room is never quite still
    assert np.abs(pcm.samples).max() > 1e-3


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
    same, other = (_flat(font, [strings, _mute(program)], 150_000) for program in (48, 0))
    assert np.array_equal(same, other)


def _mute(program: int) -> Piece:
    return piece(trio=Trio((), (), (), 64), instruments=Instruments(melody=program))


def _flat(font: Path, pieces: Iterable[Piece], frames: int) -> np.ndarray:
    """Sound of pieces that are all as loud."""
    synth = Synth(font)
    sound = Player(synth, chain(pieces, repeat(EMPTY)).__next__, even).render(frames).samples
    synth.close()
    return sound


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


def test_a_piece_is_cut_at_the_bar_line_that_was_named(synth: Synth) -> None:
    long = piece(trio=trio(8), tempo_qpm=111.0)
    radio = player(synth, [long, SHORT], position=777)
    radio.render(200_000)
    line = radio.bar_lines()[1]
    assert line - 777 in bar_frames(long)
    assert radio.cut(line)
    assert radio.render(600_000).starts[0] == Start(line, SHORT)


def test_only_bar_lines_that_nobody_rendered_can_be_cut_at(synth: Synth) -> None:
    radio = player(synth, [piece(trio=trio(4))])
    radio.render(96_001)
    assert radio.bar_lines() == (192_000, 288_000)
    assert radio.bar_lines(200_000) == (288_000,)
    assert [radio.cut(line) for line in (0, 96_000, 192_001, 384_000)] == [False] * 4


def test_a_cut_piece_can_be_cut_earlier_but_not_later(synth: Synth) -> None:
    radio = player(synth, [piece(trio=trio(5))])
    radio.render(64)
    assert radio.cut(288_000)
    assert radio.bar_lines() == (96_000, 192_000)
    assert not radio.cut(384_000)
    assert radio.cut(192_000)


def test_the_next_piece_is_asked_for_at_the_cut_and_not_before(synth: Synth) -> None:
    asked: list[int] = []

    def next_piece() -> Piece:
        asked.append(radio.position)
        return piece()

    radio = Player(synth, next_piece)
    radio.render(64)
    radio.cut(96_000)
    radio.render(90_000)
    assert len(asked) == 1
    radio.render(10_000)
    assert len(asked) == 2


@pytest.mark.parametrize("size", [4_800, 7_777])
def test_a_cut_sounds_the_same_in_blocks_of_any_size(font: Path, size: int) -> None:
    whole, blocks = (_cut_at_the_first_line(font, pull) for pull in (150_000, size))
    assert np.array_equal(whole[:150_000], blocks[:150_000])


def _cut_at_the_first_line(font: Path, size: int) -> np.ndarray:
    synth = Synth(font)
    radio = player(synth, [piece(tempo_qpm=131.0), SHORT])
    sound = [radio.render(64).samples]
    radio.cut(radio.bar_lines()[0])
    while radio.position < 150_000:
        sound.append(radio.render(size).samples)
    synth.close()
    return np.concatenate(sound)


def test_a_piece_that_is_cut_rings_out(synth: Synth) -> None:
    radio = player(synth, [HELD])
    radio.render(64)
    radio.cut(96_000)
    sound = radio.render(250_000).samples
    assert np.abs(np.diff(sound[95_000:100_000], axis=0)).max() < 0.05  # no click
    assert np.abs(sound[-4_800:]).max() < 1e-3


def test_nothing_from_behind_a_cut_is_struck_early(synth: Synth) -> None:
    early = piece(trio=Trio((), (), (Note(16, 17, 38, 127, -60),), 64))
    radio = player(synth, [early])
    radio.render(64)
    radio.cut(96_000)
    assert np.abs(radio.render(120_000).samples).max() < 1e-3


def test_silence_moves_the_bar_lines(synth: Synth) -> None:
    radio = player(synth, [piece(), SHORT])
    radio.render(64)
    radio.silence(1_000)
    assert radio.bar_lines()[0] == 97_000
    assert radio.cut(97_000)
    assert radio.render(200_000).starts[0] == Start(97_000, SHORT)


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
    assert np.abs(pcm.samples[:48_000]).max() > 0.02
    whole.close()


def test_the_current_piece_is_known(synth: Synth) -> None:
    radio = player(synth, [SHORT])
    assert radio.current is None
    radio.render(64)
    assert radio.current == SHORT
