"""Notes as they are struck: phrases, the bass with the kick, and never too far from the grid."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.events import DRUM_BIT, tokens_to_trio
from generators.expression import MOST_MS, express, phrases
from generators.groove.touch import Touch
from generators.music import PARTS, STEPS_PER_BAR, TICKS_PER_STEP, Note, Trio
from generators.realise import accented

KICK, SNARE, HAT = 36, 38, 42
BARS = 4
RANDOM_BARS = 2


def random_trio(seed: int) -> Trio:
    """Notes anywhere, as dense as can be."""
    rng = np.random.default_rng(seed)
    steps = RANDOM_BARS * STEPS_PER_BAR
    voices = rng.integers(0, 90, (steps, 2)) * (rng.random((steps, 2)) < 0.6)
    drums = rng.integers(0, 512, (steps, 1)) * (rng.random((steps, 1)) < 0.7)
    return accented(tokens_to_trio(np.concatenate([voices, drums], axis=1).astype(np.int16)))


def random_touch(seed: int, bars: int = RANDOM_BARS) -> Touch:
    rng = np.random.default_rng(seed)
    shape = (bars * STEPS_PER_BAR, 9)
    return Touch(
        rng.integers(1, 128, shape).astype(np.int16), rng.integers(-60, 61, shape).astype(np.int16)
    )


def trio(melody: tuple[Note, ...] = (), bass: tuple[Note, ...] = (), *drums: Note) -> Trio:
    return accented(Trio(melody, bass, tuple(sorted(drums)), BARS * STEPS_PER_BAR))


def beat() -> Trio:
    """Four bars of rock."""
    hits = [(step, HAT) for step in range(0, 64, 2)]
    hits += [(step, KICK if step % 8 == 0 else SNARE) for step in range(0, 64, 4)]
    bass = tuple(Note(step, step + 2, 40) for step in range(0, 64, 2))
    return trio((), bass, *(Note(step, step + 1, pitch) for step, pitch in hits))


def quarters(*pitches: int, start: int = 16) -> tuple[Note, ...]:
    return tuple(Note(start + 4 * n, start + 4 * n + 4, pitch) for n, pitch in enumerate(pitches))


def struck_ticks(note: Note) -> int:
    return note.start * TICKS_PER_STEP + note.offset_ticks


trios = st.builds(random_trio, st.integers(0, 2**32))
touches = st.none() | st.builds(random_touch, st.integers(0, 2**32))
percents = st.integers(0, 100)
tempos = st.floats(40, 240)
few = settings(max_examples=30, deadline=None)


@few
@given(trios, touches, tempos)
def test_at_nought_percent_it_is_on_the_grid_and_accented(
    trio: Trio, touch: Touch | None, tempo_qpm: float
) -> None:
    assert express(trio, touch, 0, tempo_qpm) == trio


@few
@given(trios, touches, percents, tempos)
def test_the_notes_stay_the_notes(
    trio: Trio, touch: Touch | None, percent: int, tempo_qpm: float
) -> None:
    played = express(trio, touch, percent, tempo_qpm)
    for part in PARTS:
        plain = [replace(note, velocity=1, offset_ticks=0) for note in getattr(played, part)]
        assert plain == [replace(note, velocity=1) for note in getattr(trio, part)]


@few
@given(trios, touches, percents, tempos)
def test_no_note_is_far_off_the_grid_or_before_the_piece(
    trio: Trio, touch: Touch | None, percent: int, tempo_qpm: float
) -> None:
    played = express(trio, touch, percent, tempo_qpm)
    notes = [note for part in PARTS for note in getattr(played, part)]
    assert all(abs(note.offset_ticks) * 125 / tempo_qpm < MOST_MS + 2 for note in notes)
    assert all(struck_ticks(note) >= 0 for note in notes)


@few
@given(trios, touches, percents, tempos)
def test_one_voice_stays_one_voice(
    trio: Trio, touch: Touch | None, percent: int, tempo_qpm: float
) -> None:
    played = express(trio, touch, percent, tempo_qpm)
    for part in ("melody", "bass"):
        for note, following in pairwise(getattr(played, part)):
            assert struck_ticks(following) - struck_ticks(note) >= TICKS_PER_STEP // 2


@few
@given(trios, touches, percents)
def test_a_piece_is_played_the_same_each_time(
    trio: Trio, touch: Touch | None, percent: int
) -> None:
    assert express(trio, touch, percent) == express(trio, touch, percent)


@few
@given(trios, touches)
def test_half_as_free_is_between_the_grid_and_all_free(trio: Trio, touch: Touch | None) -> None:
    half, full = express(trio, touch, 50), express(trio, touch, 100)
    for part in PARTS:
        for some, most in zip(getattr(half, part), getattr(full, part), strict=True):
            assert abs(some.offset_ticks) <= abs(most.offset_ticks) + 1


@few
@given(trios, touches, percents)
def test_nothing_gets_quieter_on_the_whole(trio: Trio, touch: Touch | None, percent: int) -> None:
    played = express(trio, touch, percent)
    for part in PARTS:
        before, after = getattr(trio, part), getattr(played, part)
        mean = fmean(note.velocity for note in after) if after else 0
        assert mean >= (fmean(note.velocity for note in before) - 8 if before else 0)


def test_the_bass_lands_with_the_kick() -> None:
    for touch in (None, random_touch(1, BARS)):
        played = express(beat(), touch, 80, 96.0)
        kicks = {note.start: note for note in played.drums if note.pitch == KICK}
        with_kick = [note for note in played.bass if note.start in kicks]
        assert len(with_kick) == 8
        assert all(n.offset_ticks == kicks[n.start].offset_ticks for n in with_kick)


def test_drums_follow_their_touch() -> None:
    touch = random_touch(2, BARS)
    touch.velocities[4::8, DRUM_BIT[SNARE]] = 110
    touch.velocities[:, DRUM_BIT[HAT]] = 30
    played = express(beat(), touch, 100)
    snares = [note.velocity for note in played.drums if note.pitch == SNARE]
    hats = [note.velocity for note in played.drums if note.pitch == HAT]
    assert min(snares) > 2 * max(hats)


def test_drums_without_a_touch_have_a_backbeat() -> None:
    drums = express(beat(), None, 100).drums
    backbeat = [note.velocity for note in drums if note.pitch == SNARE]
    assert min(backbeat) > max(note.velocity for note in drums if note.pitch == HAT)


def test_drums_that_are_all_early_are_on_time() -> None:
    late = np.full((BARS * STEPS_PER_BAR, 9), -12, np.int16)
    touch = Touch(np.full_like(late, 80), late)
    assert {note.offset_ticks for note in express(beat(), touch, 100).drums} == {0}


def test_a_phrase_grows_and_lets_go() -> None:
    line = quarters(72, 72, 72, 72, 72, 72, 72, 72, 72)
    velocities = [note.velocity for note in express(trio(line), None, 100).melody]
    plain = [note.velocity for note in accented(trio(line)).melody]
    gained = [played - before for played, before in zip(velocities, plain, strict=True)]
    assert fmean(gained[3:6]) > fmean(gained[1:3])
    assert gained[0] > gained[1]
    assert gained[-1] == min(gained)


def test_a_leap_upwards_is_stronger_than_a_step() -> None:
    step, leap = (trio(quarters(60, 62, *(top,), 62, 60)) for top in (64, 74))
    [low, high] = [express(each, None, 100).melody[2].velocity for each in (step, leap)]
    assert high > low


def test_a_phrase_ends_at_a_rest_a_long_note_or_after_four_bars() -> None:
    line = (*quarters(60, 62, start=0), *quarters(64, start=12), Note(16, 28, 65), Note(28, 30, 67))
    found = [[note.start for note in phrase] for phrase in phrases(line)]
    assert found == [[0, 4], [12, 16], [28]]
    endless = [len(phrase) for phrase in phrases(quarters(*[60] * 40, start=0))]
    assert endless == [16, 16, 8]


def test_a_touch_of_other_drums_is_refused() -> None:
    with pytest.raises(ValueError, match="a touch of 32 steps for 64 steps"):
        express(beat(), random_touch(1), 50)


def test_more_than_all_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 100, not 101"):
        express(beat(), None, 101)
