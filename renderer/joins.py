"""How good a join is: what its notes say beforehand, and what its sound says once it was heard.

A join is the way from one piece to the next, over a bridge if there is one. docs/joins.md says
what each figure means.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from generators.distance import bar_vectors, clash, join_steps
from generators.music import Piece
from renderer.loudness import HOP_FRAMES, SHORT_TERM_FRAMES, Meter, Reading, step_lu
from renderer.pcm import SAMPLE_RATE_HZ, Start
from renderer.score import bar_frames, events, frames_of
from renderer.synth import BLOCK_FRAMES

SILENCE = 10 ** (-60 / 20)  # peak, 1.0 is full scale
SHORTEST_GAP_FRAMES = SAMPLE_RATE_HZ // 200  # 5 ms: any sound passes through zero
GAP_FRAMES = SAMPLE_RATE_HZ // 4  # on both sides of a bar line silence is looked for so far
HEARD_FRAMES = SHORT_TERM_FRAMES + HOP_FRAMES  # after it, until all that is measured was heard
MOST_STEP_LU = 70.0  # from BS.1770's silence to full scale: of a digital silence, too
KEPT_FRAMES = HEARD_FRAMES + GAP_FRAMES + SAMPLE_RATE_HZ
KEPT_READINGS = 2 * KEPT_FRAMES // HOP_FRAMES


@dataclass(frozen=True, slots=True)
class JoinNotes:
    """What the notes of a join say."""

    step_ratio: float  # its median step from bar to bar, over that inside both pieces
    worst_ratio: float  # its largest, over the 95th percentile inside both pieces
    clash: float  # share of the bridge in which melody and bass sound a dissonance, 0..1
    grid_error_ms: float  # how late its latest onset is played; where it is off the bar line, that


@dataclass(frozen=True, slots=True)
class HeardJoin:
    """A join that was heard, 3 s after its last bar line."""

    position: int  # of the bridge's first frame, or of the new piece's where there is none
    notes: JoinNotes
    gap_frames: int  # the longest silence under a key that is down, 0.25 s about its bar lines
    loudness_step_lu: float  # the larger, where there are two bar lines; above 0 is louder


def score_join(
    old: Piece,
    bridge: Piece | None,
    new: Piece,
    *,
    position: int = 0,
    old_frames: int | None = None,
    bridge_frames: int | None = None,
) -> JoinNotes:
    """Judge a join by its notes.

    Args:
        position: of the first frame after `old`.
        old_frames, bridge_frames: how much of each is heard; None: all.
    """
    heard = bar_vectors(old.trio)[: _bars_begun(old, old_frames)]
    coming = bar_vectors(new.trio)
    between = coming[:0]
    off_line_ms = _off_line_ms(old, old_frames)
    grid_error_ms = 0.0
    new_position = position
    if bridge is not None:
        between = bar_vectors(bridge.trio)[: _bars_begun(bridge, bridge_frames)]
        off_line_ms = max(off_line_ms, _off_line_ms(bridge, bridge_frames))
        grid_error_ms = _latest_ms(bridge, position, frames_of(bridge))
        new_position += frames_of(bridge) if bridge_frames is None else bridge_frames
    first_bar = (*bar_frames(new), frames_of(new))[1]
    steps = join_steps(heard, between, coming)
    return JoinNotes(
        step_ratio=steps.median,
        worst_ratio=steps.worst,
        clash=clash(bridge.trio) if bridge else 0.0,
        grid_error_ms=max(off_line_ms, grid_error_ms, _latest_ms(new, new_position, first_bar)),
    )


class JoinMeter:
    """Listens to the programme as it goes out, and judges each join once it was heard.

    One thread uses it. What it is given follows without a gap.
    """

    def __init__(self) -> None:
        self._starts: deque[Start] = deque(maxlen=3)
        self._pending: deque[tuple[Start, ...]] = deque()  # starts, after the one or two before
        self._measured: deque[tuple[int, float]] = deque(maxlen=2)  # gap and step of the last two
        self._meter: Meter | None = None
        self._readings: deque[Reading] = deque(maxlen=KEPT_READINGS)
        self._is_silent = np.zeros(0, bool)  # of the last frames, each

    def listen(
        self, samples: np.ndarray, position: int, starts: tuple[Start, ...]
    ) -> tuple[HeardJoin, ...]:
        """Take in a block; the joins that can be judged now.

        Args:
            samples: float32, (frames, 2), as they go to the encoders.
            position: of their first frame.
            starts: what has begun since the last block, or will shortly.

        Raises:
            RenderError: the loudness meter failed; make a new JoinMeter.
        """
        for start in starts:
            self._starts.append(start)
            if len(self._starts) > 1:
                self._pending.append(tuple(self._starts))
        if self._meter is None:
            self._meter = Meter(position)
        self._readings.extend(self._meter.measure(samples))
        silent = is_silent(samples)
        self._is_silent = np.concatenate([self._is_silent, silent])[-KEPT_FRAMES - len(silent) :]
        end = position + len(samples)
        found = []
        while self._pending and self._pending[0][-1].position + HEARD_FRAMES <= end:
            starts = self._pending.popleft()
            self._measured.append(self._measure(starts[-2:], end))
            if starts[-1].piece.origin != "bridge":
                found.append(self._judge(starts))
        return tuple(found)

    def _measure(self, starts: tuple[Start, ...], end: int) -> tuple[int, float]:
        """The gap in frames and the loudness step in LU where the second piece begins.

        `end` is up to where the programme was heard.
        """
        line = starts[1].position
        first, last = max(line - GAP_FRAMES, end - len(self._is_silent)), line + GAP_FRAMES
        silent = self._is_silent[first - end : last - end] & _is_key_down(starts, first, last)
        try:
            step = max(-MOST_STEP_LU, min(MOST_STEP_LU, step_lu(list(self._readings), line)))
        except ValueError:  # the programme is younger than 3 s
            step = 0.0
        return longest_gap(silent), step

    def _judge(self, starts: tuple[Start, ...]) -> HeardJoin:
        """The join that the last start completes."""
        *before, new = starts
        bridge = before.pop() if len(before) == 2 and before[1].piece.origin == "bridge" else None
        old = before[-1]
        first = bridge or new
        notes = score_join(
            old.piece,
            bridge.piece if bridge else None,
            new.piece,
            position=first.position,
            old_frames=first.position - old.position,
            bridge_frames=new.position - bridge.position if bridge else None,
        )
        lines = list(self._measured)[-2 if bridge else -1 :]
        return HeardJoin(
            position=first.position,
            notes=notes,
            gap_frames=max(gap for gap, _ in lines),
            loudness_step_lu=max((step for _, step in lines), key=abs),
        )


def _bars_begun(piece: Piece, frames: int | None) -> int:
    """How many bars of a piece have begun by so many frames; at least one."""
    lines = bar_frames(piece)
    return len(lines) if frames is None else max(1, sum(line < frames for line in lines))


def _off_line_ms(piece: Piece, frames: int | None) -> float:
    """How far from a bar line of its own a piece is left after so many frames."""
    if frames is None:
        return 0.0
    off = min(abs(frames - line) for line in (*bar_frames(piece)[1:], frames_of(piece)))
    return 1000 * off / SAMPLE_RATE_HZ


def _latest_ms(piece: Piece, position: int, frames: int) -> float:
    """How late the latest onset in the first frames of a piece is played, by whole blocks."""
    late = [
        -(position + event.frame) % BLOCK_FRAMES
        for event in events(piece)
        if event.velocity and event.frame < frames
    ]
    return 1000 * max(late, default=0) / SAMPLE_RATE_HZ


def _is_key_down(starts: tuple[Start, ...], first: int, last: int) -> np.ndarray:
    """Of each frame between two positions: whether any part of the pieces plays, bool (frames,).

    Of a piece that another follows, up to there.
    """
    down = np.zeros(last - first, bool)
    for start, end in zip(starts, (*(start.position for start in starts[1:]), last), strict=True):
        pressed: dict[tuple[str, int], int] = {}
        for event in events(start.piece):
            at = start.position + event.frame
            key = (event.part, event.pitch)
            if event.velocity:
                pressed[key] = at
            else:
                begin = min(pressed.pop(key, at), end)
                down[max(0, begin - first) : max(0, min(at, end) - first)] = True
    return down


def is_silent(samples: np.ndarray) -> np.ndarray:
    """Of each frame, float32 (frames, 2) to bool (frames,)."""
    quiet = np.abs(samples) < SILENCE
    return np.asarray(quiet[:, 0] & quiet[:, 1])  # all(axis=1) takes thirty times as long


def longest_gap(silent: np.ndarray) -> int:
    """The most frames in a row that are silent; 0 where that is no gap but a wave's crossing."""
    edges = np.flatnonzero(np.diff(silent.astype(np.int8), prepend=0, append=0))
    longest = int((edges[1::2] - edges[::2]).max(initial=0))
    return longest if longest >= SHORTEST_GAP_FRAMES else 0
