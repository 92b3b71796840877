"""The composer: what comes next follows from what came before."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest

from generators.critic import score
from generators.keys import Key, fifths_apart
from generators.music import Bar, Instruments, Piece
from generators.patterns import pattern_piece
from generators.realise import realise
from generators.recipe import identify
from generators.sampler import Sampler
from generators.weights import ModelFolder
from station.candidates import FIRST, LEAST, SHARE
from station.composer import Composer, parse_key
from station.controls import Controls
from station.forms import form_bars, letters
from station.show_settings import DAY, NIGHT, ShowSettings
from tests.generators.tiny import TINY
from tests.station.fakes import MIDNIGHT, InProcess


def make_composer(
    decoder: InProcess, seed: int = 1, candidates: int | Literal["auto"] = 2
) -> Composer:
    return Composer(decoder, seed=seed, candidates=candidates, clock=lambda: MIDNIGHT)


async def programme(
    composer: Composer, rounds: int = 3, show: ShowSettings = DAY, controls: Controls | None = None
) -> list[Piece]:
    """What `rounds` of composing give, in the order it is aired."""
    pieces: list[Piece] = []
    for _ in range(rounds):
        after = pieces[-1] if pieces else None
        pieces += await composer.compose(after, show, controls or Controls())
    return pieces


@pytest.fixture
async def five(decoder: InProcess) -> list[Piece]:
    """Piece, bridge, piece, bridge, piece."""
    return await programme(make_composer(decoder))


async def test_a_bridge_after_a_bridge_begins_where_that_one_led(decoder: InProcess) -> None:
    """A station that was killed in a bridge goes on from it."""
    composer = make_composer(decoder)
    _, cut_off, lost = await programme(composer, rounds=2)
    following, piece = await composer.compose(cut_off, DAY, Controls())
    assert following.title == f"{lost.title} → {piece.title}"


def test_a_bridge_leads_to_every_piece_but_the_first(five: list[Piece]) -> None:
    assert [piece.origin for piece in five] == ["sampled", "bridge"] * 2 + ["sampled"]


def test_a_bridge_has_the_pieces_it_joins_for_parents(five: list[Piece]) -> None:
    assert five[1].parents == (five[0].id, five[2].id)
    assert five[1].title == f"{five[0].title} → {five[2].title}"


def test_the_tempo_meets_at_both_ends_of_a_bridge(five: list[Piece]) -> None:
    for old, bridge, new in (five[:3], five[2:]):
        assert bridge.tempo_qpm == old.tempo_end_qpm
        assert bridge.tempo_end_qpm == new.tempo_qpm


def test_a_bridge_walks_between_its_neighbours_latents(five: list[Piece]) -> None:
    for old, bridge, new in (five[:3], five[2:]):
        np.testing.assert_array_equal(bridge.latents[0], old.latents[old.bars[-1].end])
        np.testing.assert_array_equal(bridge.latents[1], new.latents[new.bars[0].start])
        assert len(bridge.bars) == DAY.bridge_bars


def test_a_bridge_changes_from_one_transposition_to_the_other(five: list[Piece]) -> None:
    for old, bridge, new in (five[:3], five[2:]):
        shifts = [bar.transpose for bar in bridge.bars]
        assert shifts[0] == old.bars[-1].transpose
        assert shifts[-1] == new.bars[0].transpose


async def test_each_key_is_related_to_the_one_before(decoder: InProcess) -> None:
    pieces = (await programme(make_composer(decoder), rounds=8))[::2]
    for old, new in pairwise(pieces):
        assert fifths_apart(parse_key(old.key), parse_key(new.key)) <= 1


async def test_equal_seeds_compose_equal_programmes(decoder: InProcess) -> None:
    one, other = [await programme(make_composer(decoder, seed=7)) for _ in range(2)]
    assert [piece.id for piece in one] == [piece.id for piece in other]
    third = await programme(make_composer(decoder, seed=8))
    assert third[0].id != one[0].id


def test_a_recipe_gives_its_notes_again(five: list[Piece], sampler: Sampler) -> None:
    for piece in five:
        tokens = sampler.decode(piece.latents, piece.bars, piece.seed, piece.temperature)
        assert realise(tokens, piece.bars) == piece.trio
        assert identify(piece) == piece.id


def test_a_piece_says_who_made_it_for_which_show(
    five: list[Piece], model_folder: ModelFolder
) -> None:
    for piece in five:
        assert (piece.model, piece.weights_sha256) == ("tiny", model_folder.sha256)
        assert (piece.show, piece.created) == (DAY.name, MIDNIGHT)
        assert piece.instruments.melody in DAY.melody_programs


async def test_a_show_sets_tempo_temperature_and_bridges(decoder: InProcess) -> None:
    pieces = await programme(make_composer(decoder), show=NIGHT)
    slowest, fastest = NIGHT.tempo_qpm
    assert all(slowest <= piece.tempo_qpm <= fastest for piece in pieces)
    assert {piece.temperature for piece in pieces} == {NIGHT.temperature}
    assert len(pieces[1].bars) == NIGHT.bridge_bars


async def test_controls_go_over_the_show(decoder: InProcess) -> None:
    controls = Controls(tempo=0.5, temperature=1.1, adventure=0.0)
    pieces = await programme(make_composer(decoder), controls=controls)
    assert all(46 <= piece.tempo_qpm <= 56 for piece in pieces)
    assert {piece.temperature for piece in pieces} == {1.1}
    home, stayed = pieces[0].latents[pieces[0].bars[-1].end], pieces[2].latents[0]
    np.testing.assert_allclose(home, stayed, rtol=1e-4)


async def test_after_a_pattern_there_is_no_bridge(decoder: InProcess) -> None:
    pattern = pattern_piece(1, DAY.name, 100.0, Instruments(), lambda: MIDNIGHT)
    pieces = await make_composer(decoder).compose(pattern, DAY, Controls())
    assert [piece.origin for piece in pieces] == ["sampled"]
    assert fifths_apart(parse_key(pattern.key), parse_key(pieces[0].key)) <= 1


async def test_a_piece_says_what_it_was_chosen_from(decoder: InProcess) -> None:
    [piece] = await programme(make_composer(decoder, candidates=5), rounds=1)
    assert piece.verdict is not None
    assert piece.verdict.candidates == 5
    assert sum(piece.verdict.rejected.values()) == 4
    assert piece.verdict.total == score(piece.trio)  # transposed since: no matter


def test_a_bridge_was_not_chosen(five: list[Piece]) -> None:
    assert [piece.verdict is None for piece in five] == [False, True, False, True, False]


async def test_a_verdict_is_no_part_of_the_id(five: list[Piece]) -> None:
    assert identify(replace(five[0], verdict=None)) == five[0].id


@pytest.mark.parametrize("seed", range(3))
async def test_more_candidates_never_make_a_worse_piece(decoder: InProcess, seed: int) -> None:
    totals = []
    for candidates in (1, 4, 12):
        composer = make_composer(decoder, seed=seed, candidates=candidates)
        [piece] = await programme(composer, rounds=1)
        assert piece.verdict is not None
        totals.append(piece.verdict.total)
    assert totals == sorted(totals)


async def test_there_are_as_many_candidates_as_there_is_time_for(decoder: InProcess) -> None:
    composer = make_composer(decoder, candidates="auto")
    counts = []
    for seconds_a_bar, ready_seconds in ((None, 0.0), (0.01, 0.0), (0.01, 600.0)):
        decoder.seconds_a_bar = seconds_a_bar
        [piece] = await composer.compose(None, DAY, Controls(), ready_seconds)
        assert piece.verdict is not None
        counts.append(piece.verdict.candidates)
    assert counts == [FIRST, LEAST, pytest.approx(SHARE * piece.seconds / 0.08, abs=1)]


async def test_the_tunes_of_the_last_pieces_do_not_come_again(decoder: InProcess) -> None:
    [heard] = await programme(make_composer(decoder, candidates=1), rounds=1)
    again = make_composer(decoder, candidates=1)
    again.remember([heard])
    [piece] = await programme(again, rounds=1)
    assert heard.verdict is not None
    assert piece.verdict is not None
    assert heard.verdict.terms["fresh"] == 1.0
    assert piece.verdict.terms["fresh"] < 0.1


def test_the_same_letter_is_the_same_music() -> None:
    bars = form_bars("AaBA", 2)
    assert bars[:2] == bars[6:]
    assert bars[0] == Bar(start=0, end=0, t=0.0, place=0, take=0)
    assert len(set(bars)) == 6


async def test_a_returning_section_has_the_same_notes(decoder: InProcess) -> None:
    show = DAY.model_copy(update={"forms": ("ABA",)})
    [piece] = await programme(make_composer(decoder), rounds=1, show=show)
    section = 16 * TINY.bars
    first = [(n.start, n.pitch) for n in piece.trio.drums if n.start < section]
    last = [(n.start - 2 * section, n.pitch) for n in piece.trio.drums if n.start >= 2 * section]
    assert first == last
    assert letters(piece.form) == ["A", "B"]


def test_keys_are_read_as_they_are_written() -> None:
    for key in (Key(tonic, mode) for tonic in range(12) for mode in ("major", "minor")):
        assert parse_key(str(key)) == key


@pytest.mark.parametrize("text", ["", "H minor", "A", "a minor", "E# major", "A minor "])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a key; write one like 'A minor'"):
        parse_key(text)
