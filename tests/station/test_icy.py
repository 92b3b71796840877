"""ICY metadata, read as a player reads it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from station.icy import MAX_TITLE_BYTES, METAINT, IcyStream, title_block


def title_of(block: bytes) -> str:
    """What a player shows: the text up to the first `';`."""
    assert len(block) == 1 + 16 * block[0]
    text = block[1:].rstrip(b"\0").decode()
    assert text.startswith("StreamTitle='")
    return text.removeprefix("StreamTitle='").split("';")[0]


def test_a_plain_title_is_read_as_it_is() -> None:
    assert title_of(title_block("Amber Tide → Blue Gate")) == "Amber Tide → Blue Gate"


def test_a_quote_does_not_end_the_title() -> None:
    assert title_of(title_block("It's '; late")) == "It’s ’; late"


def test_a_long_title_is_cut_between_characters() -> None:
    title = title_of(title_block("🎷" * 100))
    assert title == "🎷" * (MAX_TITLE_BYTES // 4)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_title_makes_a_block_a_player_can_read(title: str) -> None:
    block = title_block(title)
    shown = title_of(block)
    assert "'" not in shown
    assert len(block) <= 1 + 16 * 255
    assert title.replace("'", "’").replace("\n", " ").startswith(shown)


def test_a_title_that_still_holds_costs_a_byte() -> None:
    sound = bytes(3 * METAINT + 1)
    sent = IcyStream().cut(sound, "Slow Harbour")
    assert len(sent) == len(sound) + len(title_block("Slow Harbour")) + 2


@given(st.lists(st.integers(0, 40_000), max_size=8))
def test_taking_the_blocks_out_gives_the_sound_back(sizes: list[int]) -> None:
    stream, sound = IcyStream(), bytes(number % 251 for number in range(sum(sizes)))
    out, at = b"", 0
    for number, size in enumerate(sizes):
        out += stream.cut(sound[at : at + size], f"title {number // 2}")
        at += size
    plain = b""
    while len(out) > METAINT:
        plain, out = plain + out[:METAINT], out[METAINT:]
        out = out[1 + 16 * out[0] :]
    assert plain + out == sound
    assert stream.behind == len(out)
