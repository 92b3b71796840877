"""Pieces to test with: one made by hand from a seed, and a hypothesis strategy for all others."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from hypothesis import strategies as st

from generators.music import (
    STEPS_PER_BAR,
    Bar,
    Instruments,
    Mix,
    Note,
    Origin,
    Piece,
    Strip,
    Summary,
    Trio,
    Verdict,
)
from generators.recipe import identified

CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def make_piece(
    *,
    seed: int = 0,
    bars: int = 4,
    origin: Origin = "sampled",
    latents: int = 2,
    z_size: int = 128,
    tempo_qpm: float = 120.0,
) -> Piece:
    """A plausible piece; equal arguments give equal pieces."""
    dice = random.Random(seed)
    noise = np.random.default_rng(seed).standard_normal((latents, z_size), dtype=np.float32)
    trio = Trio(
        melody=_line(dice, bars, (60, 62, 64, 67, 69, 72), every=3),
        bass=_line(dice, bars, (36, 38, 41, 43), every=4),
        drums=tuple(
            Note(step, step + 1, pitch, dice.choice((70, 80, 95)))
            for step in range(bars * STEPS_PER_BAR)
            for pitch, every in ((36, 8), (38, 8), (42, 2))
            if step % every == (4 if pitch == 38 else 0)
        ),
        steps=bars * STEPS_PER_BAR,
    )
    return identified(
        Piece(
            id="",
            title=f"Piece {seed}",
            trio=trio,
            origin=origin,
            tempo_qpm=tempo_qpm,
            tempo_end_qpm=tempo_qpm,
            key="C major",
            instruments=Instruments(),
            show="test",
            form="A" * max(1, bars // 8),
            bars=tuple(Bar(0, latents - 1, bar / bars, bar % 16) for bar in range(bars)),
            seed=seed,
            temperature=0.7,
            parents=(),
            model="test",
            weights_sha256="0" * 64,
            created=CREATED,
            latents=noise,
        )
    )


def summaries(*pieces: Piece) -> list[Summary]:
    """What lists show of them."""
    names = [field.name for field in dataclasses.fields(Summary)]
    return [Summary(**{name: getattr(piece, name) for name in names}) for piece in pieces]


def _line(dice: random.Random, bars: int, pitches: Sequence[int], every: int) -> tuple[Note, ...]:
    steps = range(0, bars * STEPS_PER_BAR - every, every)
    return tuple(
        Note(step, step + every, dice.choice(pitches), dice.randrange(60, 110)) for step in steps
    )


_text = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
_ids = st.text("0123456789abcdef", min_size=20, max_size=20)
_programs = st.integers(0, 127)
_tempos = st.floats(20, 300, exclude_min=True)


@st.composite
def _notes(draw: st.DrawFn, steps: int) -> Note:
    start = draw(st.integers(0, steps - 1))
    return Note(
        start,
        draw(st.integers(start + 1, steps)),
        draw(st.integers(0, 127)),
        draw(st.integers(1, 127)),
        draw(st.just(0) | st.integers(-60, 60)),
    )


_names = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9)
_marks = st.floats(0, 1)
_verdicts = st.builds(
    Verdict,
    _marks,
    st.dictionaries(_names, _marks, max_size=3),
    st.integers(1, 512),
    st.dictionaries(_names, st.integers(1, 512), max_size=3),
)

_strips = st.builds(Strip, _programs, _programs, _programs, st.floats(-12, 12))
_mixes = st.just(Mix()) | st.builds(Mix, _strips, _strips, _strips)
_instruments = st.builds(Instruments, _programs, _programs, _programs, _names, _mixes)


@st.composite
def pieces(draw: st.DrawFn, max_bars: int = 4) -> Piece:
    """Any piece that may be made: notes in any order, with or without a model."""
    bars = draw(st.integers(1, max_bars))
    part = st.lists(_notes(bars * STEPS_PER_BAR), max_size=12).map(tuple)
    a_bar = st.builds(
        Bar,
        st.integers(0, 9),
        st.integers(0, 9),
        st.floats(0, 1),
        st.integers(0, 15),
        st.integers(0, 3),
        st.integers(-12, 12),
        st.sampled_from(["", "d", "mb"]),
        st.booleans(),
    )
    count, z_size = draw(st.sampled_from([(0, 0), (1, 4), (3, 5)]))
    floats = st.floats(width=32, allow_nan=False)
    latents = draw(st.lists(floats, min_size=count * z_size, max_size=count * z_size))
    return identified(
        Piece(
            id="",
            title=draw(_text),
            trio=Trio(draw(part), draw(part), draw(part), bars * STEPS_PER_BAR),
            origin=draw(st.sampled_from(["sampled", "bridge", "pattern"])),
            tempo_qpm=draw(_tempos),
            tempo_end_qpm=draw(_tempos),
            key=draw(_text),
            instruments=draw(_instruments),
            show=draw(_text),
            form=draw(st.text("ABC", min_size=1, max_size=4)),
            bars=tuple(draw(st.lists(a_bar, min_size=bars, max_size=bars) | st.just([]))),
            seed=draw(st.integers(0, 2**63 - 1)),
            temperature=draw(st.floats(0, 2)),
            parents=draw(st.lists(_ids, max_size=2).map(tuple)),
            model=draw(_text),
            weights_sha256=draw(st.text("0123456789abcdef", max_size=64)),
            created=draw(st.datetimes(timezones=st.just(UTC))),
            latents=np.array(latents, np.float32).reshape(count, z_size),
            leaving=draw(st.none() | _instruments),
            humanize_percent=draw(st.integers(0, 100)),
            groove_sha256=draw(st.text("0123456789abcdef", max_size=64)),
            composer=draw(st.sampled_from(["", "1", "1 cpu float32"])),
            verdict=draw(st.none() | _verdicts),
        )
    )
