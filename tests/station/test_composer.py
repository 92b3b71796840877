"""The composer: what comes next follows from what came before."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest

from generators.critic import judge_many
from generators.keys import fifths_apart, parse_key
from generators.music import Instruments, Piece
from generators.patterns import pattern_piece
from generators.recipe import identify
from generators.sampler import Sampler
from generators.weights import ModelFolder
from renderer.instruments import instrument_names
from station.candidates import FIRST, LEAST, SHARE
from station.composer import Composer
from station.controls import Controls
from station.forms import section_bars
from station.regenerate import regenerate
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


@pytest.fixture(scope="module")
def fifteen(sampler: Sampler, model_folder: ModelFolder) -> list[Piece]:
    """Piece, bridge, piece and so on, ending with the eighth piece."""
    return asyncio.run(programme(make_composer(InProcess(sampler, model_folder)), rounds=8))


@pytest.fixture
def five(fifteen: list[Piece]) -> list[Piece]:
    return fifteen[:5]


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


def test_each_key_is_related_to_the_one_before(fifteen: list[Piece]) -> None:
    for old, new in pairwise(fifteen[::2]):
        assert fifths_apart(parse_key(old.key), parse_key(new.key)) <= 1


async def test_equal_seeds_compose_equal_programmes(decoder: InProcess, five: list[Piece]) -> None:
    again = await programme(make_composer(decoder))
    assert [piece.id for piece in again] == [piece.id for piece in five]
    [other] = await programme(make_composer(decoder, seed=8), rounds=1)
    assert other.id != five[0].id


async def test_a_recipe_gives_its_notes_again(five: list[Piece], decoder: InProcess) -> None:
    again = await regenerate(five, decoder)
    assert [made.trio for made in again] == [piece.trio for piece in five]
    assert [identify(piece) for piece in five] == [piece.id for piece in five]


def test_a_piece_says_who_made_it_for_which_show(
    five: list[Piece], model_folder: ModelFolder
) -> None:
    for piece in five:
        assert (piece.model, piece.weights_sha256) == ("tiny", model_folder.sha256)
        assert (piece.show, piece.created) == (DAY.name, MIDNIGHT)
        assert instrument_names(piece.instruments)["melody"] in DAY.melody


async def test_a_show_sets_tempo_temperature_and_bridges(decoder: InProcess) -> None:
    pieces = await programme(make_composer(decoder), show=NIGHT)
    slowest, fastest = NIGHT.tempo_qpm
    assert all(slowest <= piece.tempo_qpm <= fastest for piece in pieces)
    assert {piece.temperature for piece in pieces} == {NIGHT.temperature}
    assert len(pieces[1].bars) == NIGHT.bridge_bars


async def test_controls_go_over_the_show(decoder: InProcess) -> None:
    controls = Controls(tempo=0.5, adventure=0.0)
    pieces = await programme(make_composer(decoder), controls=controls)
    assert all(46 <= piece.tempo_qpm <= 56 for piece in pieces)
    assert all(piece.temperature < DAY.temperature for piece in pieces)
    home, stayed = pieces[0].latents[pieces[0].bars[-1].end], pieces[2].latents[0]
    np.testing.assert_allclose(home, stayed, rtol=1e-4)


async def test_after_a_pattern_there_is_no_bridge(decoder: InProcess) -> None:
    pattern = pattern_piece(1, DAY.name, 100.0, Instruments(), lambda: MIDNIGHT)
    pieces = await make_composer(decoder).compose(pattern, DAY, Controls())
    assert [piece.origin for piece in pieces] == ["sampled"]
    assert fifths_apart(parse_key(pattern.key), parse_key(pieces[0].key)) <= 1


async def test_a_piece_says_what_it_was_chosen_from(decoder: InProcess, sampler: Sampler) -> None:
    [piece] = await programme(make_composer(decoder, candidates=5), rounds=1)
    assert piece.verdict is not None
    assert piece.verdict.candidates == 5
    assert sum(piece.verdict.rejected.values()) == 4
    tokens = sampler.decode(piece.latents, piece.bars, piece.seed, piece.temperature)
    [as_sung], _ = judge_many(tokens[None])
    assert piece.verdict.total == pytest.approx(as_sung, abs=1e-4)


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
    assert counts == [
        FIRST,
        LEAST,
        pytest.approx(SHARE * piece.seconds / (0.01 * len(piece.bars)), abs=1),
    ]


async def test_the_tunes_of_the_last_pieces_do_not_come_again(decoder: InProcess) -> None:
    [heard] = await programme(make_composer(decoder, candidates=1), rounds=1)
    again = make_composer(decoder, candidates=1)
    again.remember([heard])
    [piece] = await programme(again, rounds=1)
    assert heard.verdict is not None
    assert piece.verdict is not None
    assert heard.verdict.terms["fresh"] == 1.0
    assert piece.verdict.terms["fresh"] < 0.1


async def test_a_returning_section_has_the_same_tune(decoder: InProcess) -> None:
    show = DAY.model_copy(update={"forms": ("ABACA",)})
    [piece] = await programme(make_composer(decoder), rounds=1, show=show)
    section = 16 * section_bars(TINY.bars)
    first, _, third = (
        [(n.start % section, n.pitch) for n in piece.trio.melody if n.start // section == at]
        for at in range(3)
    )
    assert piece.form == "ABACA"
    assert first == third


def test_a_piece_lasts_one_to_four_minutes(fifteen: list[Piece]) -> None:
    assert all(60 <= piece.seconds <= 240 for piece in fifteen[::2])


async def test_an_operator_chooses_the_key(decoder: InProcess) -> None:
    [piece] = await programme(make_composer(decoder), rounds=1, controls=Controls(key="E minor"))
    assert parse_key(piece.key).signature == parse_key("E minor").signature


async def test_on_the_grid_nothing_is_early_or_late(decoder: InProcess) -> None:
    show = DAY.model_copy(update={"humanize_percent": 0})
    [piece] = await programme(make_composer(decoder), rounds=1, show=show)
    notes = (*piece.trio.melody, *piece.trio.bass, *piece.trio.drums)
    assert {note.offset_ticks for note in notes} == {0}


async def test_a_curve_of_the_day_is_followed(decoder: InProcess) -> None:
    """It is midnight: the next piece is heard half an hour later."""
    curve = ((time(0), 0.2), (time(0, 30), 1.0), (time(12), 0.2))
    show = DAY.model_copy(update={"adventure": curve})
    composer = make_composer(decoder)
    [home] = await composer.compose(None, show, Controls())
    _, far = await composer.compose(home, show, Controls(), ready_seconds=1_800)
    leap = far.latents[0] @ home.latents[home.bars[-1].end]
    assert abs(leap) < 0.5 * np.linalg.norm(far.latents[0]) ** 2
