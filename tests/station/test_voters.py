"""Each listener counts once a piece and day, may think again, and is not remembered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station import voters
from station.errors import CrowdedError
from station.voters import MOST_AN_ADDRESS, VALUES, Voters
from storage.records import Rating
from tests.station.fakes import FakeTime

PIECE = "0" * 20
HOME = "203.0.113.7"
DAY_SECONDS = 86_400


def change(rating: Rating | None) -> tuple[int, int]:
    assert rating is not None
    return rating.likes, rating.dislikes


def test_a_listener_counts_once() -> None:
    here = Voters()
    assert change(here.say(HOME, "player", PIECE, 1)) == (1, 0)
    assert here.say(HOME, "player", PIECE, 1) is None
    assert change(here.say(HOME, "another player", PIECE, 1)) == (1, 0)
    assert change(here.say(HOME, "player", "1" * 20, 1)) == (1, 0)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(VALUES))))
def test_what_was_said_adds_up_to_what_each_says_now(said: list[tuple[int, int]]) -> None:
    here = Voters()
    now: dict[int, int] = {}
    likes = dislikes = 0
    for listener, value in said:
        if rating := here.say(HOME, str(listener), PIECE, value):
            likes, dislikes = likes + rating.likes, dislikes + rating.dislikes
        now[listener] = value
        assert here.said(HOME, str(listener), PIECE) == value
    assert (likes, dislikes) == tuple(list(now.values()).count(value) for value in (1, -1))


def test_a_new_day_knows_nobody(time: FakeTime) -> None:
    here = Voters(time.utc)
    here.say(HOME, "player", PIECE, 1)
    time.advance(DAY_SECONDS)
    assert here.said(HOME, "player", PIECE) == 0
    assert change(here.say(HOME, "player", PIECE, 1)) == (1, 0)


def test_a_rating_tells_the_hour_and_nothing_else(time: FakeTime) -> None:
    time.advance(3_600 * 5 + 1_234.5)
    rating = Voters(time.utc).say(HOME, "player", PIECE, -1)
    assert rating is not None
    assert (rating.hour.hour, rating.hour.minute, rating.hour.second) == (5, 0, 0)
    assert "player" not in repr(rating)
    assert HOME not in repr(rating)


def test_an_address_has_so_many_listeners_and_no_more() -> None:
    """Whoever makes up players, or takes back what they said, makes no room for more."""
    here = Voters()
    for number in range(MOST_AN_ADDRESS):
        here.say(HOME, f"player {number}", PIECE, 1)
    here.say(HOME, "player 0", PIECE, 0)
    with pytest.raises(CrowdedError, match=f"^{MOST_AN_ADDRESS} listeners of your address"):
        here.say(HOME, "player 99", PIECE, 1)
    assert change(here.say(HOME, "player 0", PIECE, 1)) == (1, 0)
    assert change(here.say("198.51.100.1", "player 99", PIECE, 1)) == (1, 0)


def test_who_rated_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voters, "MOST_REMEMBERED", 2)
    here = Voters()
    addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    for address in addresses:
        here.say(address, "player", PIECE, 1)
    assert [here.said(address, "player", PIECE) for address in addresses] == [0, 1, 1]


@pytest.mark.parametrize("value", [2, -2])
def test_a_rating_is_one_of_three(value: int) -> None:
    with pytest.raises(ValueError, match="1, -1, or 0"):
        Voters().say(HOME, "player", PIECE, value)
