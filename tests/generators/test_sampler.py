"""Sampling: the same notes every time, and the notes the network means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from generators.model import MusicVAE
from generators.music import Bar
from generators.sampler import BLOCK_BARS, Sampler, draw, noise
from generators.walk import bar_latent, prior, slerp
from tests.generators.tiny import TINY, tiny_model

ALL_BUT_GREEDY = 1e-4  # a temperature at which the likeliest class wins
# bfloat16 keeps eight bits: logits nearer to each other than this may change places.
NEAR_TIE = 0.15


@pytest.fixture(scope="module")
def model() -> MusicVAE:
    """With something going on at almost every step."""
    return tiny_model(quiet=0.0)


@pytest.fixture(scope="module")
def sampler(model: MusicVAE) -> Sampler:
    return Sampler(model, torch.device("cpu"))


def plan(
    seed: int, bars: int = 6, temperature: float = 1.0
) -> tuple[np.ndarray, list[Bar], int, float]:
    latents = np.random.default_rng(seed).standard_normal((2, TINY.z_size), dtype=np.float32)
    path = [Bar(0, 1, bar / bars, bar % TINY.bars, take=bar // 2) for bar in range(bars)]
    return latents, path, seed, temperature


def test_a_piece_is_int16_a_step(sampler: Sampler) -> None:
    tokens = sampler.decode(*plan(1))
    assert tokens.shape == (6 * 16, 3)
    assert tokens.dtype == np.int16


def test_the_same_plan_gives_the_same_notes(sampler: Sampler) -> None:
    np.testing.assert_array_equal(sampler.decode(*plan(1)), sampler.decode(*plan(1)))


def test_another_seed_gives_other_notes(sampler: Sampler) -> None:
    latents, bars, seed, temperature = plan(1)
    other = sampler.decode(latents, bars, seed + 1, temperature)
    assert (other != sampler.decode(*plan(1))).any()


def test_a_piece_does_not_hear_what_it_is_batched_with(sampler: Sampler) -> None:
    plans = [plan(seed, bars) for seed, bars in enumerate((5, 16, 1, 64, 7))]
    assert sum(len(bars) for _, bars, _, _ in plans) > BLOCK_BARS
    for together, alone in zip(sampler.decode_many(plans), plans, strict=True):
        np.testing.assert_array_equal(together, sampler.decode(*alone))


def test_more_threads_play_the_same(sampler: Sampler) -> None:
    plans = [plan(seed, 40, temperature=0.7) for seed in range(4)]
    alone = sampler.decode_many(plans)
    torch.set_num_threads(3)
    try:
        for together, expected in zip(sampler.decode_many(plans), alone, strict=True):
            np.testing.assert_array_equal(together, expected)
    finally:
        torch.set_num_threads(1)  # as conftest.py has it


def test_a_block_of_few_bars_is_multiplied_as_a_full_one(
    sampler: Sampler, model: MusicVAE, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generators.sampler.SMALL_BLOCKS", ())
    full = Sampler(model, torch.device("cpu"))
    for bars in (1, 3, 4, 5, 16, 17):
        each = plan(bars, bars, temperature=0.6)
        np.testing.assert_array_equal(sampler.decode(*each), full.decode(*each))


def test_equal_bars_sound_equal(sampler: Sampler) -> None:
    latents, bars, seed, temperature = plan(1)
    tokens = sampler.decode(latents, [*bars, *bars], seed, temperature)
    np.testing.assert_array_equal(tokens[: len(bars) * 16], tokens[len(bars) * 16 :])


def test_another_take_varies_a_bar(sampler: Sampler) -> None:
    latents, [bar, *_], seed, temperature = plan(1)
    takes = [bar, replace(bar, take=7)]
    one, other = np.split(sampler.decode(latents, takes, seed, temperature), 2)
    assert (one != other).any()


def test_nothing_to_decode_gives_nothing(sampler: Sampler) -> None:
    assert sampler.decode_many([]) == []
    latents, _, seed, temperature = plan(1)
    assert sampler.decode(latents, [], seed, temperature).shape == (0, 3)


def test_a_cold_sampler_plays_what_the_network_likes_best(
    sampler: Sampler, model: MusicVAE
) -> None:
    z = np.random.default_rng(5).standard_normal((8, TINY.z_size), dtype=np.float32)
    for latent in z:
        bars = [Bar(0, 0, 0.0, place) for place in range(TINY.bars)]
        tokens = sampler.decode(latent[None], bars, 0, ALL_BUT_GREEDY).astype(np.int64)
        window = torch.from_numpy(tokens.reshape(1, TINY.bars, 16, 3))
        with torch.inference_mode():
            logits = model.teacher_forced(torch.from_numpy(latent[None]), window)
        for part, each in enumerate(logits):
            chosen = each.flatten(0, 1).gather(1, window[..., part].reshape(-1, 1))
            assert (chosen[:, 0] > each.flatten(0, 1).amax(dim=1) - NEAR_TIE).all()


def test_draw_follows_the_distribution() -> None:
    logits = torch.tensor([[0.0, 1.0, -1.0, 2.0]]).expand(40_000, -1)
    uniforms = torch.rand(40_000, generator=torch.Generator().manual_seed(1))
    shares = torch.bincount(draw(logits, uniforms), minlength=4) / 40_000
    torch.testing.assert_close(shares, logits[0].softmax(0), atol=0.01, rtol=0)


def test_draw_stays_inside_at_both_ends() -> None:
    logits = torch.zeros(2, 5)
    assert draw(logits, torch.tensor([0.0, 1.0])).tolist() == [0, 4]


def test_draw_never_picks_the_impossible() -> None:
    logits = torch.tensor([[0.0, -torch.inf, 0.0]]).expand(1_000, -1)
    assert 1 not in draw(logits, torch.linspace(0, 1, 1_000)).tolist()


def test_a_bar_lies_on_the_great_circle(rng: np.random.Generator) -> None:
    latents = np.stack([prior(rng, 8), prior(rng, 8)])
    np.testing.assert_array_equal(bar_latent(latents, Bar(1, 1, 0.5, 0)), latents[1])
    np.testing.assert_array_equal(
        bar_latent(latents, Bar(0, 1, 0.3, 0)), slerp(latents[0], latents[1], 0.3)
    )


def test_bars_of_a_take_share_their_noise() -> None:
    bar = Bar(0, 1, 0.5, 0)
    assert (noise(3, bar) == noise(3, replace(bar, place=1))).all()
    assert (noise(3, bar) != noise(3, replace(bar, take=1))).all()
