"""The bridge: from where one piece is left to where the next begins, and played as both are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from generators.distance import bar_vectors, distances, neighbours
from generators.events import DRUM_BITS
from generators.groove.touch import Touch
from generators.music import STEPS_PER_BAR, Bar, Instruments, Piece
from generators.realise import realise
from generators.recipe import identified, identify
from generators.sampler import Sampler
from generators.walk import prior, rounded
from generators.weights import ModelFolder
from station.bridges import ROUNDS, TAKES, bridge_between
from station.generator import Plan
from station.show_settings import DAY
from tests.generators.tiny import TINY
from tests.pieces import make_piece
from tests.station.fakes import MIDNIGHT, InProcess


def piece(
    sampler: Sampler, seed: int, *, transpose: int = 0, rests: str = "", tempo_qpm: float = 100.0
) -> Piece:
    """Two sections of the tiny model, as the composer makes them."""
    draws = [prior(np.random.default_rng([seed, n]), TINY.z_size) for n in range(2)]
    latents = rounded(np.stack(draws))
    bars = tuple(
        Bar(at, at, 0.0, place, transpose=transpose, rests=rests)
        for at in range(2)
        for place in range(TINY.bars)
    )
    tokens = sampler.decode(latents, bars, seed, 1.0)
    plain = make_piece(seed=seed, bars=len(bars), tempo_qpm=tempo_qpm)
    instruments = Instruments(melody=seed % 128)
    return identified(
        replace(
            plain,
            trio=realise(tokens, bars),
            bars=bars,
            latents=latents,
            temperature=1.0,
            instruments=instruments,
        )
    )


async def bridge(
    decoder: InProcess, old: Piece, new: Piece, bars: int = 4, leave_bar: int = -1
) -> Piece:
    await decoder.decode([])  # the composer has loaded the model
    return await bridge_between(
        decoder, old, new, bars=bars, clock=lambda: MIDNIGHT, show=DAY, leave_bar=leave_bar
    )


@pytest.fixture
def old(sampler: Sampler) -> Piece:
    return piece(sampler, 1, transpose=-2, tempo_qpm=96.0)


@pytest.fixture
def new(sampler: Sampler) -> Piece:
    return piece(sampler, 2, transpose=3, tempo_qpm=108.0)


async def test_it_says_whence_and_whither(decoder: InProcess, old: Piece, new: Piece) -> None:
    found = await bridge(decoder, old, new)
    assert (found.origin, found.parents) == ("bridge", (old.id, new.id))
    assert found.title == f"{old.title} → {new.title}"
    assert found.id == identify(found)


async def test_after_a_bridge_only_where_that_led_is_named(
    decoder: InProcess, old: Piece, new: Piece
) -> None:
    first = await bridge(decoder, old, new)
    second = await bridge(decoder, first, old)
    assert second.title == f"{new.title} → {old.title}"
    np.testing.assert_array_equal(second.latents[0], first.latents[1])


@pytest.mark.parametrize("bars", [2, 4, 8, 16])
async def test_it_is_as_long_as_the_show_says(
    decoder: InProcess, old: Piece, new: Piece, bars: int
) -> None:
    found = await bridge(decoder, old, new, bars)
    assert len(found.bars) == bars
    assert found.trio.steps == bars * STEPS_PER_BAR


async def test_the_old_instruments_leave_and_the_new_ones_stay(
    decoder: InProcess, old: Piece, new: Piece
) -> None:
    found = await bridge(decoder, old, new)
    assert (found.leaving, found.instruments) == (old.instruments, new.instruments)


async def test_tempo_and_key_go_from_one_side_to_the_other(
    decoder: InProcess, old: Piece, new: Piece
) -> None:
    found = await bridge(decoder, old, new)
    assert (found.tempo_qpm, found.tempo_end_qpm) == (96.0, 108.0)
    assert {bar.transpose for bar in found.bars} <= {-2, 3}


async def test_it_walks_between_the_neighbours_latents(
    decoder: InProcess, old: Piece, new: Piece
) -> None:
    found = await bridge(decoder, old, new)
    np.testing.assert_array_equal(found.latents, [old.latents[1], new.latents[0]])
    assert np.all(np.diff([0.0, *(bar.t for bar in found.bars), 1.0]) > 0)


async def test_a_piece_left_early_is_left_where_it_was(
    decoder: InProcess, old: Piece, new: Piece
) -> None:
    found = await bridge(decoder, old, new, leave_bar=0)
    np.testing.assert_array_equal(found.latents[0], old.latents[0])


async def test_a_bridge_left_early_is_left_on_its_way(
    decoder: InProcess, old: Piece, new: Piece
) -> None:
    first = await bridge(decoder, old, new)
    found = await bridge(decoder, first, old, leave_bar=1)
    assert 96 < found.tempo_qpm < 108
    assert not np.array_equal(found.latents[0], new.latents[0])


async def test_its_recipe_gives_its_notes_again(
    decoder: InProcess, sampler: Sampler, old: Piece, new: Piece
) -> None:
    found = await bridge(decoder, old, new)
    tokens = sampler.decode(found.latents, found.bars, found.seed, found.temperature)
    again = realise(tokens, found.bars, None, found.humanize_percent, found.tempo_qpm)
    assert again == found.trio


async def test_equal_ends_give_equal_bridges(decoder: InProcess, old: Piece, new: Piece) -> None:
    assert (await bridge(decoder, old, new)).id == (await bridge(decoder, old, new)).id


async def test_drums_that_rest_on_both_sides_rest_on_the_way(
    decoder: InProcess, sampler: Sampler
) -> None:
    old, new = (piece(sampler, seed, rests="d") for seed in (1, 2))
    found = await bridge(decoder, old, new)
    assert [bar.rests for bar in found.bars] == ["d"] * 4


async def test_its_drums_are_struck_as_the_groove_says(
    decoder: InProcess, old: Piece, new: Piece
) -> None:
    by_rule = await bridge(decoder, old, new)
    shape = (4 * STEPS_PER_BAR, DRUM_BITS)
    early_and_late = np.tile([[-30], [30]], (2 * STEPS_PER_BAR, DRUM_BITS)).astype(np.int16)
    decoder.drummer = lambda _: Touch(np.full(shape, 80, np.int16), early_and_late)
    by_groove = await bridge(decoder, old, new)

    def swing(piece: Piece) -> float:
        offsets = [[n.offset_ticks for n in piece.trio.drums if n.start % 2 == at] for at in (0, 1)]
        return float(np.mean(offsets[1]) - np.mean(offsets[0]))

    assert swing(by_groove) > swing(by_rule) + 5


class Rough(InProcess):
    """Counts the batches; sings so that no bridge is ever smooth."""

    batches = 0

    async def decode(self, plans: Sequence[Plan]) -> list[np.ndarray]:
        self.batches += len(plans) > 1
        tokens = await super().decode(list(plans))
        for at, each in enumerate(tokens):
            each[:, 0] = 2 + (np.arange(len(each)) // STEPS_PER_BAR % 2 * 6 + at) % 88
            each[::32, 2] = 511
        return tokens


async def test_a_rough_bridge_is_planned_again_but_not_for_ever(
    sampler: Sampler, model_folder: ModelFolder, old: Piece, new: Piece
) -> None:
    rough = Rough(sampler, model_folder)
    found = await bridge(rough, old, new)
    assert rough.batches == ROUNDS
    assert all(bar.take < ROUNDS * TAKES[1] for bar in found.bars)


async def test_the_usual_step_of_a_bridge_is_shorter_than_a_leap_between_strangers(
    decoder: InProcess, sampler: Sampler
) -> None:
    leaps, steps = [], []
    for seed in range(4):
        old, new = piece(sampler, seed), piece(sampler, seed + 10)
        found = await bridge(decoder, old, new)
        along = [bar_vectors(each.trio) for each in (old, found, new)]
        way = np.concatenate([along[0][-1:], along[1], along[2][:1]])
        steps.append(np.median(neighbours(way)))
        leaps.append(distances(along[0][-1:], along[2][:1])[0, 0])
    assert np.mean(steps) < np.mean(leaps)
