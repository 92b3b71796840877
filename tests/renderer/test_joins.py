"""What is said of a join: by its notes beforehand, by its sound once it was heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from generators.music import PARTS, Note, Piece, Trio
from renderer.joins import GAP_FRAMES, HeardJoin, JoinMeter, score_join
from renderer.pcm import SAMPLE_RATE_HZ, Start
from renderer.score import bar_frames, frames_of
from renderer.synth import BLOCK_FRAMES
from tests.pieces import make_piece

OLD = make_piece(seed=1, bars=4, tempo_qpm=120)
BRIDGE = make_piece(seed=2, bars=2, origin="bridge", tempo_qpm=119)
NEW = make_piece(seed=3, bars=4, tempo_qpm=118)
SECOND = SAMPLE_RATE_HZ


def listen(
    programme: Sequence[Piece],
    loudness: Sequence[float],
    hole: slice = slice(0, 0),
    lengths: Sequence[int] = (),
    block_frames: int = 24_000,
) -> list[HeardJoin]:
    """What a meter makes of pieces that are one sine each, as loud as given."""
    frames = [*lengths, *(frames_of(piece) for piece in programme[len(lengths) :])]
    times = np.arange(sum(frames)) / SAMPLE_RATE_HZ
    sine = np.sin(2 * np.pi * 440 * times) * np.repeat(loudness, frames)
    samples = np.repeat(sine[:, None], 2, axis=1).astype(np.float32)
    samples[hole] = 0
    begins = np.concatenate([[0], np.cumsum(frames)])
    starts = [Start(int(at), piece) for at, piece in zip(begins, programme, strict=False)]
    meter = JoinMeter()
    found: list[HeardJoin] = []
    for first in range(0, len(samples), block_frames):
        block = samples[first : first + block_frames]
        due = [start for start in starts if first <= start.position < first + len(block)]
        found += meter.listen(block, first, tuple(due))
    return found


def test_a_join_over_a_bridge_is_one_join() -> None:
    [join] = listen((OLD, BRIDGE, NEW), (0.2, 0.2, 0.2))
    assert join.position == frames_of(OLD)
    assert join.notes == score_join(OLD, BRIDGE, NEW, position=frames_of(OLD))


def test_a_join_without_a_bridge_is_judged_too() -> None:
    [join] = listen((OLD, NEW), (0.2, 0.2))
    assert (join.position, join.notes.clash) == (frames_of(OLD), 0)


def test_sound_that_goes_on_has_no_gap_or_step() -> None:
    [join] = listen((OLD, BRIDGE, NEW), (0.2, 0.2, 0.2))
    assert join.gap_frames == 0
    assert abs(join.loudness_step_lu) < 0.05


def test_a_hole_at_the_bar_line_is_found_to_the_frame() -> None:
    line = frames_of(OLD)
    [join] = listen((OLD, BRIDGE, NEW), (0.2, 0.2, 0.2), slice(line, line + 1000))
    assert join.gap_frames == pytest.approx(1000, abs=2)


def test_a_rest_that_is_written_is_no_gap() -> None:
    rest = replace(OLD, trio=Trio((Note(0, 8, 60),), (), (), OLD.trio.steps))
    line = frames_of(rest)
    [join] = listen((rest, NEW), (0.2, 0.2), slice(line - GAP_FRAMES, line))
    assert join.gap_frames == 0


def test_a_hole_in_the_middle_of_a_piece_is_not_the_joins() -> None:
    line = frames_of(OLD)
    hole = slice(line - 3 * GAP_FRAMES, line - 2 * GAP_FRAMES)
    [join] = listen((OLD, BRIDGE, NEW), (0.2, 0.2, 0.2), hole)
    assert join.gap_frames == 0


@pytest.mark.parametrize(("louder", "step_lu"), [(1.0, 0), (2.0, 6.02), (0.5, -6.02)])
def test_the_loudness_step_is_the_larger_of_both_ends(louder: float, step_lu: float) -> None:
    [join] = listen((OLD, BRIDGE, NEW), (0.1, 0.1, 0.1 * louder))
    assert join.loudness_step_lu == pytest.approx(step_lu, abs=0.3)


def test_music_out_of_nothing_is_a_step_that_can_be_written_down() -> None:
    [join] = listen((OLD, NEW), (0.0, 0.2))
    assert 50 < join.loudness_step_lu <= 70


@pytest.mark.parametrize("block_frames", [4_800, 33_333])
def test_blocks_make_no_difference(block_frames: int) -> None:
    of_other_blocks = listen((OLD, BRIDGE, NEW), (0.1, 0.2, 0.1), block_frames=block_frames)
    assert of_other_blocks == listen((OLD, BRIDGE, NEW), (0.1, 0.2, 0.1))


def test_a_join_is_told_three_seconds_after_it() -> None:
    meter, told = JoinMeter(), []
    starts = (Start(0, OLD), Start(frames_of(OLD), NEW))
    for first in range(0, frames_of(OLD) + 4 * SECOND, SECOND // 10):
        due = tuple(start for start in starts if start.position // 4_800 == first // 4_800)
        if meter.listen(np.full((SECOND // 10, 2), 0.1, np.float32), first, due):
            told.append(first + SECOND // 10)
    assert told == [pytest.approx(frames_of(OLD) + 3 * SECOND, abs=0.3 * SECOND)]


def test_the_first_piece_of_a_broadcast_is_no_join() -> None:
    assert listen((NEW,), (0.2,)) == []


def test_every_join_of_an_hour_is_told_once() -> None:
    joins = listen((OLD, BRIDGE, NEW) * 3, [0.2] * 9)
    assert len(joins) == 5  # of nine pieces: three over bridges, two cuts back to OLD


def test_a_piece_left_in_the_middle_is_off_the_bar_line() -> None:
    second_bar = bar_frames(OLD)[1]
    on_line = score_join(OLD, None, NEW, position=second_bar, old_frames=second_bar)
    assert on_line.grid_error_ms < 2
    off_line = score_join(OLD, None, NEW, position=second_bar, old_frames=second_bar + 4_800)
    assert off_line.grid_error_ms == pytest.approx(100)


def test_a_cut_off_bar_is_judged_by_what_was_heard() -> None:
    second_bar = bar_frames(OLD)[1]
    one_bar = replace(OLD, trio=_first_bar(OLD.trio), bars=OLD.bars[:1])
    cut = score_join(OLD, None, NEW, position=second_bar, old_frames=second_bar)
    whole = score_join(one_bar, None, NEW, position=second_bar)
    assert cut.step_ratio == pytest.approx(whole.step_ratio)


@pytest.mark.parametrize("position", range(0, BLOCK_FRAMES, 9))
def test_onsets_are_never_later_than_a_block(position: int) -> None:
    error_ms = score_join(OLD, BRIDGE, NEW, position=position).grid_error_ms
    assert 0 <= error_ms < 1000 * BLOCK_FRAMES / SAMPLE_RATE_HZ


def test_a_leap_is_a_longer_step_than_going_on() -> None:
    one, other = (make_piece(seed=seed, bars=1) for seed in (1, 2))
    assert score_join(one, None, one).step_ratio == 0
    assert score_join(one, None, other).step_ratio > 0.2


def test_a_bridge_halves_a_leap() -> None:
    one, other = (make_piece(seed=seed, bars=1) for seed in (1, 2))
    between = replace(one, trio=replace(one.trio, drums=other.trio.drums, bass=other.trio.bass))
    assert score_join(one, between, other).worst_ratio < score_join(one, None, other).worst_ratio


def _first_bar(trio: Trio) -> Trio:
    parts = {
        part: tuple(
            replace(note, end=min(note.end, 16)) for note in getattr(trio, part) if note.start < 16
        )
        for part in PARTS
    }
    return Trio(steps=16, **parts)
