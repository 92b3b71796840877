"""Who plays when, on tokens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.arrangement import DRUMS, arranged
from generators.events import tokens_to_trio, trio_to_tokens
from generators.fills import CRASH, KICK, RUN_STARTS
from generators.music import STEPS_PER_BAR, Bar, Note, Trio

BEAT = tuple(Note(step, step + 1, 36) for step in range(0, 64, 4))


def plan(*rests: str, fill: int | None = None) -> list[Bar]:
    return [Bar(0, 0, 0.0, 0, rests=who, fill=at == fill) for at, who in enumerate(rests)]


def played(bars: list[Bar], melody: tuple[Note, ...], bass: tuple[Note, ...] = ()) -> Trio:
    """A beat, and what is given over it, as the bars have it."""
    trio = Trio(melody, bass, BEAT[: 4 * len(bars)], STEPS_PER_BAR * len(bars))
    return tokens_to_trio(arranged(trio_to_tokens(trio), bars))


@st.composite
def music(draw: st.DrawFn) -> tuple[np.ndarray, list[Bar]]:
    """Any tokens, and any bars that leave somebody to play."""
    some_rests = st.sampled_from(["", "", "m", "b", "d", "mb", "bm", "md", "bd"])
    bars = [
        Bar(0, 0, 0.0, 0, rests=draw(some_rests), fill=draw(st.booleans()))
        for _ in range(draw(st.integers(1, 6)))
    ]
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    steps = STEPS_PER_BAR * len(bars)
    depths, shares = (90, 90, 512), rng.random(3) * draw(st.sampled_from([0.05, 0.5]))
    tokens = rng.integers(0, depths, (steps, 3)) * (rng.random((steps, 3)) < shares)
    return tokens.astype(np.int16), bars


def sounding(trio: Trio, start: int) -> set[str]:
    """Initials of the parts that sound in the bar from `start`."""
    return {
        part[0]
        for part in ("melody", "bass", "drums")
        for note in getattr(trio, part)
        if note.start < start + STEPS_PER_BAR and note.end > start
    }


@given(music())
def test_a_bar_in_which_something_was_sung_is_never_empty(
    case: tuple[np.ndarray, list[Bar]],
) -> None:
    tokens, bars = case
    trio = tokens_to_trio(arranged(tokens, bars))
    for number in range(len(bars)):
        start = number * STEPS_PER_BAR
        if tokens[start : start + STEPS_PER_BAR, DRUMS].any():
            assert sounding(trio, start)


@given(music())
def test_arranging_leaves_the_tokens_alone(case: tuple[np.ndarray, list[Bar]]) -> None:
    tokens, bars = case
    before = tokens.copy()
    arranged(tokens, bars)
    np.testing.assert_array_equal(tokens, before)


@given(music())
def test_nothing_is_arranged_where_all_play(case: tuple[np.ndarray, list[Bar]]) -> None:
    tokens, bars = case
    np.testing.assert_array_equal(arranged(tokens, plan(*[""] * len(bars))), tokens)


def test_a_part_that_rests_is_not_heard() -> None:
    melody = (Note(0, 4, 60), Note(16, 20, 62), Note(32, 36, 64))
    assert played(plan("", "m", ""), melody).melody == (melody[0], melody[2])


def test_drums_that_rest_are_not_heard() -> None:
    trio = played(plan("d", ""), (Note(0, 32, 60),))
    assert [note.start for note in trio.drums] == [16, 20, 24, 28]


def test_a_note_that_rings_into_a_rest_ends_there() -> None:
    assert played(plan("", "m", ""), (Note(8, 48, 60),)).melody == (Note(8, 16, 60),)


def test_others_come_in_where_those_who_play_have_nothing() -> None:
    trio = played(plan("md", "md"), (Note(0, 16, 60), Note(16, 32, 62)), bass=(Note(16, 32, 40),))
    assert [sounding(trio, start) for start in (0, 16)] == [{"m"}, {"b"}]


def test_a_bass_that_rings_on_is_enough() -> None:
    trio = played(plan("md", "md"), (Note(16, 20, 60),), bass=(Note(0, 32, 40),))
    assert sounding(trio, 16) == {"b"}


def test_a_fill_ends_in_a_crash() -> None:
    drums = arranged(trio_to_tokens(Trio((), (), BEAT[:12], 48)), plan("", "", "", fill=1))[:, 2]
    assert drums[32] == CRASH | KICK
    assert drums[24:32].any()
    np.testing.assert_array_equal(drums[[0, 4, 16, 20]], KICK)


def test_drums_come_in_with_a_run() -> None:
    bars = plan("d", "d", "", fill=1)
    drums = arranged(trio_to_tokens(Trio((Note(0, 48, 60),), (), BEAT[:12], 48)), bars)[:, DRUMS]
    assert not drums[: 16 + RUN_STARTS].any()
    assert drums[16 + RUN_STARTS : 32].any()
    assert drums[32] == CRASH | KICK


@pytest.mark.parametrize("after", ["d", ""])
def test_no_fill_leads_nowhere(after: str) -> None:
    beat = BEAT[:4] if after == "" else BEAT[:8]  # silent by itself, or resting
    tokens = trio_to_tokens(Trio((Note(0, 32, 60),), (), beat, 32))
    drums = arranged(tokens, plan("", after, fill=0))[:, DRUMS]
    np.testing.assert_array_equal(drums[:16], tokens[:16, DRUMS])
    assert not drums[16:].any()


def test_a_section_returns_with_its_fill() -> None:
    tokens = trio_to_tokens(Trio((), (), BEAT, 64))
    tokens[:, DRUMS] = np.tile(np.arange(32), 2)  # two bars, and again
    bars = [Bar(0, 0, 0.0, place, fill=place == 1) for place in (0, 1, 0, 1, 0, 1)]
    drums = arranged(np.tile(tokens[:32], (3, 1)), bars)[:, DRUMS].reshape(3, 32)
    np.testing.assert_array_equal(drums[0, 16:], drums[1, 16:])


def test_tokens_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="the tokens of 2 bars"):
        arranged(np.zeros((16, 3), np.int16), plan("", ""))
