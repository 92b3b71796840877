"""Four ways from one piece to the next, by their sound: for bench/joins.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import numpy as np

from bench.joining import CROSSFADE_SECONDS, Figures, Joint
from generators.music import PARTS, STEPS_PER_BAR, TICKS_PER_STEP, Piece, Trio
from renderer.balance import Balance
from renderer.balancer import Balancer
from renderer.joins import HeardJoin, JoinMeter, is_silent, longest_gap
from renderer.loudness import HOP_FRAMES, SHORT_TERM_FRAMES, Meter
from renderer.mastering import Master
from renderer.pcm import SAMPLE_RATE_HZ, Start
from renderer.player import Player
from renderer.score import frames_of, strokes
from renderer.synth import Synth

SIDE_BARS = 4  # of both pieces that are rendered
BLOCK_FRAMES = SAMPLE_RATE_HZ // 2
OVERLAP_FRAMES = round(CROSSFADE_SECONDS * SAMPLE_RATE_HZ)


class Witness(Synth):
    """A synth that remembers at which frame each key went down."""

    def __init__(self, soundfont_path: Path) -> None:
        super().__init__(soundfont_path)
        self.struck: list[tuple[int, int]] = []  # frame, pitch
        self._written = 0

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self.struck.append((self._written, pitch))
        super().note_on(channel, pitch, velocity)

    def write(self, frames: int) -> np.ndarray:
        self._written += frames
        return super().write(frames)


class Booth:
    """Renders joins as they go on air, and measures the sound."""

    def __init__(self, soundfont: Path) -> None:
        self._soundfont = soundfont
        self._balancer = Balancer(lambda: Synth(soundfont))
        self._balances: dict[str, Balance] = {}  # by piece, of the joint at hand

    def heard(self, way: str, figures: Figures, joint: Joint) -> Figures:
        """The figures with those that the sound gives."""
        self._balances = {}
        before = self._cut(joint.old, slice(-SIDE_BARS, None))
        after = self._cut(joint.new, slice(0, SIDE_BARS))
        if way == "crossfade":
            gap, step = self._crossfaded(before, after)
            return replace(figures, gap_frames=gap, loudness_step_lu=step)
        programme = [before, after]
        if (between := joint.between(way)) is not None:
            self._balances[between.id] = self._balancer.measure(between)
            programme.insert(1, between)
        meter, master, synth = JoinMeter(), Master(levelled=False), Witness(self._soundfont)
        joins: list[HeardJoin] = []
        for samples, position, starts in self._rendered(programme, synth):
            joins += meter.listen(master.process(samples), position - master.delay_frames, starts)
        [join] = joins
        return replace(
            figures,
            grid_error_ms=_grid_error_ms(programme, synth.struck),
            gap_frames=join.gap_frames,
            loudness_step_lu=join.loudness_step_lu,
        )

    def _cut(self, piece: Piece, bars: slice) -> Piece:
        """Some bars of a piece, under the balance of the whole."""
        whole = self._balancer.measure(piece)
        numbers = range(len(piece.bars))[bars]
        start, end = numbers.start * STEPS_PER_BAR, numbers.stop * STEPS_PER_BAR
        parts = {
            part: tuple(
                replace(note, start=note.start - start, end=min(note.end, end) - start)
                for note in getattr(piece.trio, part)
                if start <= note.start < end
            )
            for part in PARTS
        }
        trio = Trio(steps=end - start, **parts)
        cut = replace(piece, id=f"{piece.id}-{numbers}", trio=trio, bars=piece.bars[bars])
        self._balances[cut.id] = whole.excerpt(bars)
        return cut

    def _rendered(
        self, programme: Sequence[Piece], synth: Synth
    ) -> Iterator[tuple[np.ndarray, int, tuple[Start, ...]]]:
        """Blocks of the programme, with position and starts."""
        pieces = chain(programme, repeat(programme[-1]))
        player = Player(synth, lambda: next(pieces), lambda piece: self._balances[piece.id])
        frames = sum(frames_of(piece) for piece in programme)
        while frames > 0:
            pcm = player.render(min(BLOCK_FRAMES, frames))
            frames -= len(pcm.samples)
            yield pcm.samples, pcm.position, pcm.starts if frames > 0 else ()
        synth.close()

    def _crossfaded(self, before: Piece, after: Piece) -> tuple[int, float]:
        """The gap in the overlap, and the loudness after it against that before it."""
        one, other = (
            np.concatenate(
                [samples for samples, *_ in self._rendered([piece], Synth(self._soundfont))]
            )
            for piece in (before, after)
        )
        turn = np.linspace(0, np.pi / 2, OVERLAP_FRAMES, dtype=np.float32)[:, None]
        both = one[-OVERLAP_FRAMES:] * np.cos(turn) + other[:OVERLAP_FRAMES] * np.sin(turn)
        programme = np.concatenate([one[:-OVERLAP_FRAMES], both, other[OVERLAP_FRAMES:]])
        samples = Master(levelled=False).process(programme)
        begins = len(one) - OVERLAP_FRAMES
        ends = begins + OVERLAP_FRAMES
        loudness = [reading.short_term_lufs for reading in Meter().measure(samples)]
        step = loudness[(ends + SHORT_TERM_FRAMES) // HOP_FRAMES] - loudness[begins // HOP_FRAMES]
        return longest_gap(is_silent(samples[begins:ends])), step


def _grid_error_ms(programme: Sequence[Piece], struck: Sequence[tuple[int, int]]) -> float:
    """How far the key that went down furthest from where it should, did."""
    wanted: dict[int, list[float]] = {}  # frames, by pitch
    begins = 0.0
    for piece in programme:
        for part in PARTS:
            for stroke in strokes(getattr(piece.trio, part), piece.trio.steps):
                seconds = begins + piece.seconds_at(stroke.start / TICKS_PER_STEP)
                wanted.setdefault(stroke.pitch, []).append(seconds * SAMPLE_RATE_HZ)
        begins += piece.seconds
    off = [
        float(np.abs(np.array(wanted[pitch]) - frame).min())
        for frame, pitch in struck
        if frame < begins * SAMPLE_RATE_HZ
    ]
    return 1000 * max(off) / SAMPLE_RATE_HZ
