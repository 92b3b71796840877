"""The synth thread's work: whatever fails, the sound goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest

from generators.music import Piece
from renderer.formats import FORMATS, Format
from renderer.joins import JoinMeter
from renderer.mastering import Master
from renderer.pcm import Packet, Start
from renderer.score import frames_of
from station.synthesis import Synthesis
from tests.pieces import make_piece
from tests.station.fakes import NULL_FORMATS, NullEncoder, NullSynth

FRAMES = 24_000
FORMAT = {"opus": (NULL_FORMATS["opus"], 96)}


def never() -> bool:
    return False


class FailsAt:
    """True at the given calls, counted from 1, over all that share it."""

    def __init__(self, *calls: int) -> None:
        self.calls = 0
        self._at = calls

    def __call__(self) -> bool:
        self.calls += 1
        return self.calls in self._at


class FailingEncoder(NullEncoder):
    fails = FailsAt()

    def encode(self, samples: np.ndarray, starts: Sequence[Start] = ()) -> list[Packet]:
        if self.fails():
            raise RuntimeError("the encoder was told to fail")
        return super().encode(samples, starts)


def programme() -> Iterator[Piece]:
    return (make_piece(seed=seed, bars=2) for seed in range(1_000))


def synthesis_of(synths: list[NullSynth], fails: Callable[[], bool] = never) -> Synthesis:
    def make_synth() -> NullSynth:
        synths.append(NullSynth(fails))
        return synths[-1]

    pieces = programme()
    return Synthesis(make_synth, lambda: next(pieces), FORMAT)  # type: ignore[arg-type]  # a stand-in


def positions(synthesis: Synthesis, blocks: int) -> list[int]:
    return [start.position for _ in range(blocks) for start in synthesis.block(FRAMES).starts]


@pytest.fixture(scope="module")
def undisturbed() -> list[int]:
    return positions(synthesis_of([]), 30)


def test_pieces_begin_where_the_ones_before_end(undisturbed: list[int]) -> None:
    lengths = {frames_of(piece) for piece, _ in zip(programme(), range(3), strict=False)}
    assert set(np.diff(undisturbed).tolist()) == lengths


def test_a_synth_that_fails_once_is_made_anew_in_the_same_piece(undisturbed: list[int]) -> None:
    synths: list[NullSynth] = []
    assert positions(synthesis_of(synths, FailsAt(100)), 30) == undisturbed
    assert len(synths) == 2


def test_a_new_synth_that_fails_too_costs_a_block_of_silence(undisturbed: list[int]) -> None:
    synths: list[NullSynth] = []
    found = positions(synthesis_of(synths, FailsAt(100, 101)), 31)
    late = [position - before for position, before in zip(found, undisturbed, strict=True)]
    assert late == sorted(late)  # what came before the silence on time, what came after behind it
    assert set(late) == {0, FRAMES}


def test_packets_follow_each_other_across_silence() -> None:
    synthesis = synthesis_of([], FailsAt(100, 101))
    packets = [p for _ in range(30) for p in synthesis.block(FRAMES).packets["opus"]]
    assert packets[0].position == -Master.delay_frames
    assert {b.position - a.position for a, b in pairwise(packets)} == {FRAMES}


def test_every_join_is_judged_once_it_was_heard() -> None:
    synthesis = synthesis_of([])
    blocks = [synthesis.block(FRAMES) for _ in range(30)]
    starts = [start.position for block in blocks for start in block.starts]
    joins = [join.position for block in blocks for join in block.joins]
    assert joins == starts[1 : len(joins) + 1]
    assert len(joins) >= 2


def test_a_meter_that_fails_costs_no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the meter was told to fail")

    synthesis = synthesis_of([])
    monkeypatch.setattr(JoinMeter, "listen", fail)
    block = synthesis.block(FRAMES)
    assert block.joins == ()
    assert block.packets["opus"]


def test_an_encoder_that_fails_restarts_alone() -> None:
    FailingEncoder.fails = FailsAt(3)
    formats = {
        "bad": (Format("bad", "audio/bad", "bad", FailingEncoder, [96]), 96),
        "good": (NULL_FORMATS["opus"], 96),
    }
    pieces = programme()
    synthesis = Synthesis(NullSynth, lambda: next(pieces), formats)  # type: ignore[arg-type]  # a stand-in
    blocks = [synthesis.block(FRAMES) for _ in range(4)]
    preambles = {n: [block.packets[n][0].preamble for block in blocks] for n in formats}
    assert [a is b for a, b in pairwise(preambles["bad"])] == [True, False, True]
    assert [a is b for a, b in pairwise(preambles["good"])] == [True, True, True]
    for name in formats:
        found = [block.packets[name][0].position for block in blocks]
        assert found == [n * FRAMES - Master.delay_frames for n in range(4)]


def test_a_new_encoder_is_told_what_is_playing() -> None:
    class Failing(FailingEncoder):
        told: ClassVar[list[int]] = []

        def encode(self, samples: np.ndarray, starts: Sequence[Start] = ()) -> list[Packet]:
            packets = super().encode(samples, starts)
            Failing.told += [start.position for start in starts]
            return packets

    FailingEncoder.fails = FailsAt(3)
    pieces = programme()
    formats = {"bad": (Format("bad", "audio/bad", "bad", Failing, [96]), 96)}
    synthesis = Synthesis(NullSynth, lambda: next(pieces), formats)  # type: ignore[arg-type]  # a stand-in
    for _ in range(3):
        synthesis.block(FRAMES)
    assert Failing.told == [0, 0]


def test_an_encoder_that_stays_broken_leaves_the_others_alone() -> None:
    FailingEncoder.fails = FailsAt(*range(1, 100))
    formats = {
        "bad": (Format("bad", "audio/bad", "bad", FailingEncoder, [96]), 96),
        "good": (NULL_FORMATS["opus"], 96),
    }
    pieces = programme()
    synthesis = Synthesis(NullSynth, lambda: next(pieces), formats)  # type: ignore[arg-type]  # a stand-in
    block = synthesis.block(FRAMES)
    assert block.packets["bad"] == []
    assert len(block.packets["good"]) == 1


def test_the_last_block_fades_to_silence() -> None:
    class Loud(NullSynth):
        def write(self, frames: int) -> np.ndarray:
            return np.full((frames, 2), 0.1, np.float32)

    class Listening(NullEncoder):
        heard: np.ndarray

        def encode(self, samples: np.ndarray, starts: Sequence[Start] = ()) -> list[Packet]:
            Listening.heard = samples
            return super().encode(samples, starts)

    pieces = programme()
    formats = {"wav": (Format("wav", "audio/wav", "wav", Listening, [96]), 96)}
    synthesis = Synthesis(Loud, lambda: next(pieces), formats)  # type: ignore[arg-type]  # a stand-in
    synthesis.block(FRAMES)
    before = Listening.heard
    synthesis.block(FRAMES, fade_out=True)
    assert Listening.heard[0, 0] == pytest.approx(before[-1, 0], rel=0.01)
    assert Listening.heard[-1, 0] == 0


def test_real_encoders_take_a_block(undisturbed: list[int]) -> None:
    pieces = programme()
    formats = {name: (format, 96) for name, format in FORMATS.items()}
    synthesis = Synthesis(NullSynth, lambda: next(pieces), formats)  # type: ignore[arg-type]  # a stand-in
    block = synthesis.block(FRAMES)
    assert set(block.packets) == set(FORMATS)
    assert all(block.packets.values())
    synthesis.close()
