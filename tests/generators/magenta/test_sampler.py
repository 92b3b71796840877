"""Magenta's models sampled fast: side by side they sing what they sing one bar after the other."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.errors import WeightsError
from generators.magenta import bundle
from generators.magenta.arithmetic import Precision, arithmetic, fast_precision
from generators.magenta.chains import OPENS, Work, sing_in_parallel, sing_serially
from generators.magenta.config import MAGENTA_CONFIGS
from generators.magenta.sampler import MagentaSampler
from generators.music import Bar
from tests.generators.magenta.golden import SETS, golden_config, golden_folder
from tests.generators.magenta.tiny import tiny_config, tiny_model, tiny_variables

CPU = torch.device("cpu")
ALL_BUT_GREEDY = 1e-6  # a temperature at which the likeliest class wins
CATEGORICAL = [name for name, config in MAGENTA_CONFIGS.items() if config.head == "categorical"]
GOLDEN = [name for name in SETS if not name.startswith(("nade", "groovae"))]
needs_vnni = pytest.mark.skipif(
    fast_precision(CPU) != "int8", reason="this processor does not multiply int8 (VNNI)"
)
precisions = pytest.mark.parametrize(
    "precision", ["float32", "bfloat16", pytest.param("int8", marks=needs_vnni)]
)


@cache
def sampler_of(name: str, precision: Precision = "float32", threads: int = 1) -> MagentaSampler:
    config = tiny_config(name)
    variables = tiny_variables(config)
    return MagentaSampler(config, variables, CPU, precision=precision, threads=threads)


def draws(sampler: MagentaSampler, rows: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Latents and uniforms."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((rows, sampler.config.z_size), dtype=np.float32)
    shape = rows, sampler.config.steps, len(sampler.config.parts)
    return z, rng.random(shape, dtype=np.float32)


def plan(seed: int, places: list[int]) -> tuple[np.ndarray, list[Bar], int, float]:
    rng = np.random.default_rng(seed)
    latents = rng.standard_normal((2, tiny_config("hierdec-trio_16bar").z_size), dtype=np.float32)
    bars = [Bar(0, 1, number / len(places), place) for number, place in enumerate(places)]
    return latents, bars, seed, 1.0


@pytest.mark.parametrize("name", CATEGORICAL)
def test_every_model_of_classes_can_be_sampled(name: str) -> None:
    sampler = sampler_of(name)
    z, uniforms = draws(sampler, 3)
    tokens = sampler.decode(z, uniforms, np.ones(3))
    assert tokens.shape == uniforms.shape
    assert tokens.dtype == np.int16
    assert (tokens.max(axis=(0, 1)) < sampler.config.depths).all()


@pytest.mark.parametrize("name", GOLDEN)
def test_the_likeliest_notes_are_magentas(name: str) -> None:
    folder = golden_folder(name)
    variables = dict(bundle.read_variables(folder / "checkpoint.index"))
    tensors = {name: torch.from_numpy(values) for name, values in variables.items()}
    sampler = MagentaSampler(golden_config(folder), tensors, CPU, precision="float32")
    told = np.load(folder / "golden.npz")
    _, uniforms = draws(sampler, len(told["dec_z"]))
    tokens = sampler.decode(told["dec_z"], uniforms, np.full(len(uniforms), ALL_BUT_GREEDY))
    ends = np.cumsum(sampler.config.depths)[:-1]
    expected = [part.argmax(axis=-1) for part in np.split(told["dec_outputs"], ends, axis=-1)]
    np.testing.assert_array_equal(tokens, np.stack(expected, axis=-1))


@pytest.mark.parametrize("name", ["hierdec-trio_16bar", "cat-drums_2bar_big", "flat-trio_16bar"])
def test_equal_numbers_draw_what_the_plain_decoder_draws(name: str) -> None:
    sampler, model = sampler_of(name), tiny_model(name)
    z, uniforms = draws(sampler, 2)
    plain = model.decode(
        torch.from_numpy(z), temperature=1.0, uniforms=torch.from_numpy(uniforms)
    ).tokens.reshape(uniforms.shape)
    tokens = sampler.decode(z, uniforms, np.ones(2))
    np.testing.assert_array_equal(tokens, plain.numpy())


@precisions
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32), rows=st.integers(1, 20), temperature=st.sampled_from([0.5, 1, 2])
)
def test_bars_side_by_side_sound_as_one_after_the_other(
    precision: Precision, seed: int, rows: int, temperature: float
) -> None:
    sampler = sampler_of("hierdec-trio_16bar", precision)
    z, uniforms = draws(sampler, rows, seed)
    temperatures = np.full(rows, temperature, np.float32)
    np.testing.assert_array_equal(
        sampler.decode(z, uniforms, temperatures),
        sampler.decode(z, uniforms, temperatures, serial=True),
    )


@precisions
@pytest.mark.parametrize("name", ["hier-trio_4bar", "flat-trio_16bar"])
def test_a_piece_does_not_hear_what_it_is_batched_with(name: str, precision: Precision) -> None:
    sampler = sampler_of(name, precision)
    z, uniforms = draws(sampler, 37)
    together = sampler.decode(z, uniforms, np.ones(37))
    for row in (0, 17, 36):
        at = slice(row, row + 1)
        np.testing.assert_array_equal(sampler.decode(z[at], uniforms[at], np.ones(1)), together[at])


@precisions
def test_more_threads_sing_the_same(precision: Precision) -> None:
    one, three = (sampler_of("hierdec-trio_16bar", precision, threads) for threads in (1, 3))
    z, uniforms = draws(one, 9)
    np.testing.assert_array_equal(
        one.decode(z, uniforms, np.ones(9)), three.decode(z, uniforms, np.ones(9))
    )
    assert torch.get_num_threads() == 1  # as tests/generators/conftest.py has it


def test_a_plan_of_a_whole_piece_is_that_piece() -> None:
    sampler = sampler_of("hierdec-trio_16bar")
    z, _ = draws(sampler, 1)
    bars = [Bar(0, 0, 0.0, place, take=place) for place in range(sampler.config.bars)]
    [tokens] = sampler.decode_many([(z, bars, 5, 0.8)])
    uniforms = np.concatenate(
        [np.random.default_rng([5, b.take]).random((16, 3), "f") for b in bars]
    )
    np.testing.assert_array_equal(
        tokens, sampler.decode(z, uniforms[None], np.full(1, 0.8, np.float32))[0]
    )


def test_plans_of_any_length_go_together() -> None:
    sampler = sampler_of("hierdec-trio_16bar", fast_precision(CPU))
    plans = [plan(1, [0, 1, 2, 3, 0, 1]), plan(2, [2]), plan(3, []), plan(4, [3, 3, 1, 0] * 9)]
    together = sampler.decode_many(plans)
    assert [len(tokens) for tokens in together] == [96, 16, 0, 576]
    for tokens, each in zip(together, plans, strict=True):
        np.testing.assert_array_equal(tokens, sampler.decode_many([each], serial=True)[0])


def test_a_bar_hears_the_end_of_the_bar_before() -> None:
    sampler = sampler_of("hierdec-trio_16bar")
    latents, bars, seed, temperature = plan(1, [0, 1])
    both, alone = sampler.decode_many(
        [(latents, bars, seed, temperature), (latents, bars[1:], seed, temperature)]
    )
    assert (both[16:] != alone).any()


def test_a_first_bar_hears_nothing() -> None:
    sampler = sampler_of("hierdec-trio_16bar")
    latents, bars, seed, temperature = plan(1, [3, 0])
    both, alone = sampler.decode_many(
        [(latents, bars, seed, temperature), (latents, bars[1:], seed, temperature)]
    )
    np.testing.assert_array_equal(both[16:], alone)


def test_right_guesses_cost_one_round() -> None:
    work = Work()
    before = np.array([OPENS, 0, 1, 2])
    sing_in_parallel(before, 2, lambda rows, _: np.zeros((len(rows), 2, 1), int), 16, work)
    assert (work.rounds, work.decoded, work.wrong) == (1, 4, 0)


def test_the_worst_chain_is_repaired_bar_by_bar() -> None:
    """Every bar ends one class above where it began: no guess but the first can be right."""

    def count_up(_: np.ndarray, after: np.ndarray) -> np.ndarray:
        return np.stack([after, after + 1], axis=1)

    before = np.array([OPENS, 0, 1, 2, 3])
    work = Work()
    tokens = sing_in_parallel(before, 2, count_up, 16, work)
    np.testing.assert_array_equal(tokens, sing_serially(before, 2, count_up))
    assert tokens[:, -1, 0].tolist() == [0, 1, 2, 3, 4]
    assert (work.rounds, work.redone) == (4, (3 + 2 + 1) / 5)


def test_many_chains_are_sung_without_a_guess() -> None:
    sampler = sampler_of("hierdec-trio_16bar")
    z, uniforms = draws(sampler, 64)
    sampler.work = Work()
    sampler.decode(z, uniforms, np.ones(64))
    assert sampler.work.guesses == 0
    assert sampler.work.redone == 0


@needs_vnni
def test_eight_bits_are_nearly_the_product() -> None:
    rng = torch.Generator().manual_seed(1)
    hidden = torch.rand(7, 96, generator=rng) * 2 - 1
    weights = torch.randn(96, 64, generator=rng)
    whole = arithmetic("int8", CPU, (96,))
    found = whole.product(weights, torch.ones(64))(whole.carry(hidden), None)
    exact = hidden @ weights + 1
    assert (found - exact).abs().mean() < 0.01 * exact.abs().mean()


def test_a_model_without_classes_is_refused() -> None:
    config = tiny_config("groovae_4bar")
    with pytest.raises(ValueError, match="no classes to draw: use MagentaVAE"):
        MagentaSampler(config, tiny_variables(config), CPU)


def test_a_missing_variable_is_named() -> None:
    config = tiny_config("cat-mel_2bar_small")
    variables = tiny_variables(config)
    del variables["decoder/output_projection/bias"]
    with pytest.raises(WeightsError, match="lacks decoder/output_projection/bias"):
        MagentaSampler(config, variables, CPU)


def test_an_encoder_is_not_needed() -> None:
    config = tiny_config("hierdec-mel_16bar")
    variables = {n: v for n, v in tiny_variables(config).items() if not n.startswith("encoder/")}
    assert MagentaSampler(config, variables, CPU).config is config


def test_uniforms_of_another_length_are_refused() -> None:
    sampler = sampler_of("hierdec-trio_16bar")
    z, uniforms = draws(sampler, 2)
    with pytest.raises(ValueError, match="64 steps of 3 parts"):
        sampler.decode(z, uniforms[:, 1:], np.ones(2))


def test_a_model_without_bars_cannot_follow_a_plan() -> None:
    with pytest.raises(ValueError, match="whole sequences, not bars"):
        sampler_of("cat-mel_2bar_small").decode_many([plan(1, [0])])
