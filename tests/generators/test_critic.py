"""The critic: what it turns down, and what it lets pass."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.critic import NAMES, TERMS, TUNES, choose, judge, judge_many, score
from generators.events import melody_to_tokens, trio_to_tokens
from generators.music import Note, Piece, Trio
from generators.ngrams import melody_ngrams, shortened
from tests.pieces import pieces

C_MAJOR = (60, 62, 64, 65, 67, 69, 71, 72)
TUNES_OF_BARS = ((0, 2, 4, 7, 4, 2), (0, 2, 4, 5, 4, 2), (0, 2, 4, 7, 4, 2), (7, 5, 4, 2, 1, 0))
CHORDS = (36, 41, 43, 36)  # C, F, G, C


def song(transpose: int = 0, bars: int = 4) -> Trio:
    """A plain song in C: a tune that returns, roots below it, kick, snare and hi-hat."""
    melody, bass, drums = [], [], []
    for bar in range(bars):
        at = 16 * bar
        for number, degree in enumerate(TUNES_OF_BARS[bar % 4]):
            start = at + 2 * number
            melody.append(Note(start, start + 2, C_MAJOR[degree] + transpose))
        root = CHORDS[bar % 4] + transpose
        bass += [Note(at + s, at + s + 4, root + up) for s, up in ((0, 0), (4, 7), (8, 0), (12, 7))]
        drums += [Note(at + s, at + s + 1, 42) for s in range(0, 16, 2)]
        drums += [Note(at + s, at + s + 1, 36 if s % 8 == 0 else 38) for s in (0, 4, 8, 12)]
    return Trio(tuple(melody), tuple(bass), tuple(drums), 16 * bars)


SONG = song()


def test_a_plain_song_is_let_pass() -> None:
    verdict = judge(SONG)
    assert verdict.total > 0.9
    assert min(verdict.terms.values()) > 0.6


@pytest.mark.parametrize("part", ["melody", "bass", "drums"])
def test_a_part_that_never_plays_gives_nothing(part: str) -> None:
    silenced: dict[str, Any] = {part: ()}
    assert score(replace(SONG, **silenced)) == 0


def test_silence_gives_nothing() -> None:
    assert score(Trio((), (), (), 64)) == 0


def without(trio: Trio, **parts: Any) -> dict[str, float]:
    """How much each term loses when parts are replaced."""
    before, after = judge(trio).terms, judge(replace(trio, **parts)).terms
    return {name: before[name] - after[name] for name in NAMES}


def test_empty_bars_are_heard() -> None:
    first = {
        part: tuple(note for note in getattr(SONG, part) if note.end <= 16)
        for part in ("melody", "bass", "drums")
    }
    assert without(SONG, **first)["filled"] > 0.5


def test_a_crowd_of_notes_is_heard() -> None:
    crowd = tuple(Note(s, s + 1, C_MAJOR[s % 8]) for s in range(64))
    assert without(SONG, melody=crowd)["density"] > 0.2


def test_wrong_notes_are_heard() -> None:
    wrong = tuple(replace(note, pitch=60 + note.start * 7 // 2 % 12) for note in SONG.melody)
    assert without(SONG, melody=wrong)["scale"] > 0.2


def test_music_without_a_key_is_heard() -> None:
    melody, bass = (
        tuple(replace(n, pitch=low + n.start * 7 // 2 % 12) for n in part)
        for part, low in ((SONG.melody, 60), (SONG.bass, 36))
    )
    assert without(SONG, melody=melody, bass=bass)["clarity"] > 0.3


def test_a_bass_a_semitone_off_is_heard() -> None:
    off = tuple(replace(note, pitch=note.pitch + 1) for note in SONG.bass)
    assert without(SONG, bass=off)["agreement"] > 0.4


def test_a_bass_above_the_melody_is_heard() -> None:
    high = tuple(replace(note, pitch=note.pitch + 36) for note in SONG.bass)
    assert without(SONG, bass=high)["room"] > 0.9


def test_a_melody_over_six_octaves_is_heard() -> None:
    wide = tuple(replace(n, pitch=n.pitch + (36, 0, -36)[i % 3]) for i, n in enumerate(SONG.melody))
    lost = without(SONG, melody=wide)
    assert lost["range"] > 0.3
    assert lost["motion"] > 0.2


def test_one_note_over_and_over_is_heard() -> None:
    same = tuple(replace(note, pitch=60) for note in SONG.melody)
    assert without(SONG, melody=same)["motion"] > 0.5


def test_a_melody_that_never_returns_is_heard() -> None:
    ladder = tuple(Note(2 * i, 2 * i + 2, 40 + i) for i in range(32))
    assert without(SONG, melody=ladder)["return"] > 0.05


def test_repetition_without_variation_is_heard() -> None:
    loop = tuple(
        replace(n, start=n.start + at, end=n.end + at)
        for at in range(0, 64, 16)
        for n in SONG.melody[:6]
    )
    assert without(SONG, melody=loop)["return"] > 0.1


def test_drums_without_a_groove_are_heard(rng: np.random.Generator) -> None:
    lost = tuple(Note(int(s), int(s) + 1, 38) for s in rng.choice(64, 32, replace=False))
    assert without(SONG, drums=lost)["groove"] > 0.5


def test_a_melody_of_the_last_pieces_is_heard() -> None:
    """In another key too."""
    melody = melody_to_tokens(song(transpose=-5).melody, SONG.steps)
    recent, _ = melody_ngrams(melody[None])
    assert judge(SONG, recent=recent).terms["fresh"] < 0.1
    assert judge(SONG).terms["fresh"] == 1.0


def test_a_melody_of_the_training_music_is_heard() -> None:
    hashes, _ = melody_ngrams(melody_to_tokens(SONG.melody, SONG.steps)[None])
    assert judge(SONG, known=np.unique(shortened(hashes))).terms["own"] < 0.1
    assert judge(SONG, known=np.zeros(0, np.uint32)).terms["own"] == 1.0


def test_the_key_of_a_song_does_not_matter() -> None:
    assert score(song(transpose=3)) == pytest.approx(score(SONG), abs=0.02)


def test_a_section_that_falls_apart_costs_the_whole() -> None:
    whole = song(bars=8)
    half = replace(
        whole, **{part: getattr(SONG, part) for part in ("melody", "bass", "drums")}
    )  # then four bars of nothing
    assert 0 < score(half) < 0.7 * score(whole)


@given(pieces())
def test_every_mark_is_between_nothing_and_one(piece: Piece) -> None:
    verdict = judge(piece.trio)
    assert 0 <= verdict.total <= 1
    assert verdict.terms.keys() == {*TERMS, *TUNES}
    assert all(0 < mark <= 1 for mark in verdict.terms.values())


@given(st.integers(0, 2**32 - 1))
def test_a_piece_is_judged_the_same_in_any_company(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 90, (5, 32, 3)) * (rng.random((5, 32, 3)) < 0.3)
    totals, marks = judge_many(noise)
    for number in range(5):
        alone, its_marks = judge_many(noise[number : number + 1])
        assert alone[0] == pytest.approx(totals[number])
        np.testing.assert_allclose(its_marks[0], marks[number])


def test_the_best_is_chosen_and_the_rest_is_accounted_for() -> None:
    wrong = tuple(replace(note, pitch=note.pitch + note.start // 2 % 7) for note in SONG.melody)
    worse = replace(SONG, melody=wrong)
    silent = Trio((), (), (), 64)
    best, verdict = choose(np.stack([trio_to_tokens(t) for t in (worse, silent, SONG, worse)]))
    assert best == 2
    assert verdict.total == score(SONG)
    assert verdict.candidates == 4
    assert sum(verdict.rejected.values()) == 3


def test_one_candidate_is_the_best_of_one() -> None:
    best, verdict = choose(trio_to_tokens(SONG)[None])
    assert (best, verdict.candidates, verdict.rejected) == (0, 1, {})


@pytest.mark.parametrize("shape", [(1, 63, 3), (1, 64, 2), (64, 3)])
def test_what_is_no_piece_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="pieces have shape"):
        judge_many(np.zeros(shape, np.int16))


def test_64_candidates_of_32_bars_are_judged_in_a_moment(rng: np.random.Generator) -> None:
    """20 ms on a quiet core; the limit is for a busy one."""
    noise = rng.integers(0, 90, (64, 512, 3)) * (rng.random((64, 512, 3)) < 0.3)
    known = np.unique(rng.integers(0, 2**32, 240_000, dtype=np.uint32))
    started = time.process_time()
    judge_many(noise, known=known)
    assert time.process_time() - started < 0.25
