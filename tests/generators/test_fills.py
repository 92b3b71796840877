"""Drum fills: they grow out of the bar's own groove and lead into the next."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from generators.events import DRUM_DEPTH
from generators.fills import CRASH, HIGH, KICK, LOW, MID, RUN_STARTS, SNARE, crash, fill

grooves = arrays(np.int16, 16, elements=st.integers(0, DRUM_DEPTH - 1))
SKINS = SNARE | HIGH | MID | LOW


def rock(every: int) -> np.ndarray:
    """Kick and snare in turns, and a closed hi-hat on every so many steps."""
    groove = np.zeros(16, np.int16)
    groove[::every] |= 4
    groove[[0, 8]] |= KICK
    groove[[4, 12]] |= SNARE
    return groove


@given(grooves)
def test_a_fill_keeps_the_groove_for_two_beats(groove: np.ndarray) -> None:
    np.testing.assert_array_equal(fill(groove)[:RUN_STARTS], groove[:RUN_STARTS])


@given(grooves)
def test_a_run_grows_denser(groove: np.ndarray) -> None:
    third, fourth = np.split((fill(groove)[RUN_STARTS:] & SKINS) > 0, 2)
    assert third.sum() < fourth.sum()


@given(grooves)
def test_no_cymbal_is_left_under_a_run(groove: np.ndarray) -> None:
    assert not (fill(groove)[RUN_STARTS:] & ~(SKINS | KICK)).any()


@given(grooves)
def test_the_kick_plays_on_under_a_run(groove: np.ndarray) -> None:
    np.testing.assert_array_equal(fill(groove) & KICK, groove & KICK)


@given(grooves)
def test_a_run_never_climbs(groove: np.ndarray) -> None:
    order = [SNARE, HIGH, MID, LOW]
    struck = [order.index(step & SKINS) for step in fill(groove)[RUN_STARTS:] if step & SKINS]
    assert struck == sorted(struck)


def test_the_same_bar_has_the_same_fill() -> None:
    np.testing.assert_array_equal(fill(rock(2)), fill(rock(2)))


def test_other_bars_have_other_fills() -> None:
    rng = np.random.default_rng(1)
    runs = {fill(rng.integers(0, DRUM_DEPTH, 16, np.int16))[8:].tobytes() for _ in range(40)}
    assert len(runs) > 10


def test_a_busy_groove_has_a_busier_fill() -> None:
    calm, busy = (np.count_nonzero(fill(rock(every))[8:] & SKINS) for every in (8, 1))
    assert calm < busy


@given(grooves)
def test_a_crash_takes_the_hand_that_kept_time(groove: np.ndarray) -> None:
    first = int(crash(groove)[0])
    assert first & ~SKINS == CRASH | KICK
    np.testing.assert_array_equal(crash(groove)[1:], groove[1:])
