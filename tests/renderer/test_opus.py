"""A chain of links, one a piece: titles change where the sound does, and nobody hears the join."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renderer.formats import FORMATS
from renderer.framing import OggPage, opus_pre_skip, split_ogg
from renderer.opus import WARM_UP_FRAMES
from renderer.pcm import Packet, Start
from tests.renderer.conftest import piece
from tests.renderer.decoding import SECOND, encoded, heard, noise, wired

PLAIN, TAGGED = FORMATS["opus"], FORMATS["opus-tagged"]
BEGINNING = 1_000  # position of the first frame


def pieces(*positions: int) -> list[Start]:
    return [Start(at, piece(title=f"Piece {i}", id=str(i))) for i, at in enumerate(positions)]


@cache
def chain() -> list[Packet]:
    """Three seconds in four pieces, the first of which begins a little after the sound."""
    starts = pieces(1_240, 1_000 + 52_801, 1_000 + 57_600, 1_000 + 100_000)
    return encoded(TAGGED, noise(3 * SECOND), BEGINNING, starts)


def links(packets: Sequence[Packet]) -> list[list[OggPage]]:
    """The pages of each logical stream, from the first to the last."""
    pages, rest = split_ogg(wired(TAGGED, packets, 0))
    assert rest == b""
    serials = list(dict.fromkeys(page.serial for page in pages))
    return [[page for page in pages if page.serial == serial] for serial in serials]


def heard_frames(link: Sequence[OggPage]) -> int:
    return link[-1].granule - opus_pre_skip(link[0])


def titles(packets: Sequence[Packet]) -> list[tuple[int, str]]:
    """Where a player shows another title, and which."""
    changes, position = [], packets[0].position
    for link in links(packets):
        _, _, title = link[1].body.partition(b"TITLE=")
        changes.append((position, title.partition(b"\x06")[0].decode()[:7]))
        position += heard_frames(link)
    return changes


def test_titles_change_at_the_very_frame() -> None:
    assert titles(chain()) == [
        (1_000, "Piece 0"),
        (53_801, "Piece 1"),
        (58_600, "Piece 2"),
        (101_000, "Piece 3"),
    ]


def test_a_link_says_which_piece_it_is() -> None:
    assert b"LATENTFM_PIECE=2" in links(chain())[2][1].body


def test_a_join_costs_no_frame() -> None:
    assert sum(map(heard_frames, links(chain()))) == 3 * SECOND


def test_a_chain_sounds_like_the_stream_without_links() -> None:
    plain = heard(PLAIN, encoded(PLAIN, noise(3 * SECOND), BEGINNING))
    chained = heard(TAGGED, chain())
    assert len(chained.samples) == len(plain.samples)
    assert np.abs(chained.samples - plain.samples).max() < 0.002


def test_no_decoder_complains_at_a_join() -> None:
    assert heard(TAGGED, chain()).complaints == []


def test_a_link_has_its_first_and_last_page_marked() -> None:
    for link in links(chain())[:-1]:
        assert [page.data[5] for page in link] == [2, *[0] * (len(link) - 2), 4]


def test_the_pages_of_a_link_are_counted() -> None:
    for link in links(chain()):
        assert [page.number for page in link] == list(range(len(link)))


def test_whoever_joins_at_any_page_of_a_chain_is_in_time() -> None:
    whole = heard(TAGGED, chain())
    for joined in range(len(chain()) - 5):
        late = heard(TAGGED, chain(), joined)
        assert late.position + len(late.samples) == chain()[-1].position + chain()[-1].frames
        settled = late.position + WARM_UP_FRAMES
        assert np.abs(late.since(settled) - whole.since(settled)).max() < 0.002


def test_the_plain_stream_has_one_link_whatever_is_played() -> None:
    packets = encoded(PLAIN, noise(SECOND), 0, pieces(10_000, 20_000))
    assert len({page.serial for page in split_ogg(wired(PLAIN, packets, 0))[0]}) == 1


def test_sound_before_the_first_piece_has_no_title() -> None:
    (first, *_), second = links(encoded(TAGGED, noise(SECOND), 0, pieces(20_000)))
    assert (first.number, second[1].body.count(b"TITLE=")) == (0, 1)
    assert b"TITLE=" not in links(encoded(TAGGED, noise(SECOND), 0, pieces(20_000)))[0][1].body


def test_an_encoder_made_in_mid_piece_says_its_title_at_once() -> None:
    encoder = TAGGED.encoder(96, 500_000)
    packets = encoder.encode(noise(SECOND), pieces(300_000))
    assert titles(packets) == [(500_000, "Piece 0")]


def test_a_piece_that_is_told_too_late_begins_with_the_next_page() -> None:
    encoder = TAGGED.encoder(96, 0)
    before = encoder.encode(noise(SECOND), pieces(0))
    packets = before + encoder.encode(noise(SECOND), pieces(100))
    told = before[-1].position + before[-1].frames
    assert titles(packets)[1][0] == pytest.approx(told, abs=960)
    assert heard(TAGGED, packets).complaints == []


def test_a_new_encoder_begins_a_link_of_its_own() -> None:
    once, again = (encoded(PLAIN, noise(SECOND)) for _ in range(2))
    serials = {split_ogg(packets[0].data)[0][0].serial for packets in (once, again)}
    assert len(serials) == 2


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(961, 30_000), max_size=5),
    st.lists(st.integers(1, 30_000), min_size=1, max_size=6),
)
def test_links_lie_end_to_end_whatever_the_pieces(gaps: list[int], blocks: list[int]) -> None:
    encoder, offset, packets = TAGGED.encoder(64, 0), 0, []
    starts = pieces(*accumulate(gaps, initial=0))
    for block in blocks:
        due = [each for each in starts if offset <= each.position < offset + block]
        packets += encoder.encode(noise(block), due)
        offset += block
    packets += encoder.close()
    ends = [packet.position + packet.frames for packet in packets]
    assert [packet.position for packet in packets] == [0, *ends[:-1]]
    assert sum(map(heard_frames, links(packets))) == ends[-1] == offset
    for begin, title in titles(packets)[1:]:
        assert begin == starts[int(title.split()[1])].position


def test_a_link_repeats_enough_for_a_decoder_to_settle() -> None:
    for link in links(chain()):
        assert WARM_UP_FRAMES <= opus_pre_skip(link[0]) < WARM_UP_FRAMES + 960
