"""One face for models of both families: music to latents to music."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generators.codec import Codec
from generators.codec_models import MagentasModel, OurModel
from generators.errors import GeneratorError
from generators.magenta.config import MAGENTA_CONFIGS
from generators.magenta.converters import Converter, converter_of
from generators.model import MusicVAE
from tests.generators.magenta.tiny import tiny_model as tiny_magenta

ROWS = 70  # more than a batch
WITHOUT_CONTROLS = [name for name, config in MAGENTA_CONFIGS.items() if not config.controls]


def codec_of(name: str) -> Codec:
    model = tiny_magenta(name)
    return Codec(name, MagentasModel(model), converter_of(model.config))


@pytest.fixture(scope="module")
def codec(model: MusicVAE) -> Codec:
    return Codec("tiny", OurModel(model), Converter("trio", model.config.bars))


@pytest.fixture
def latents(codec: Codec, rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((ROWS, codec.z_size), np.float32)


def test_the_first_rows_do_not_depend_on_how_many_follow(codec: Codec, latents: np.ndarray) -> None:
    many = codec.decode(latents, temperature=1.0, seed=7)
    few = codec.decode(latents[:3], temperature=1.0, seed=7)
    np.testing.assert_array_equal(many.tokens[:3], few.tokens)


def test_another_seed_plays_other_notes(codec: Codec, latents: np.ndarray) -> None:
    one, other = (codec.decode(latents, temperature=1.0, seed=seed) for seed in (1, 2))
    assert (one.tokens != other.tokens).any()


def test_a_cold_draw_is_the_most_likely(codec: Codec, latents: np.ndarray) -> None:
    cold = codec.decode(latents[:8], temperature=1e-4, seed=3)
    greedy = codec.decode(latents[:8], temperature=None)
    np.testing.assert_array_equal(cold.tokens, greedy.tokens)


def test_a_teacher_who_says_what_was_played_is_told_the_same(
    codec: Codec, latents: np.ndarray
) -> None:
    played = codec.decode(latents, temperature=None, with_logits=True)
    taught = codec.teacher_forced(latents, played.outputs)
    np.testing.assert_array_equal(taught.tokens, played.tokens)
    assert taught.logits is not None
    assert played.logits is not None
    np.testing.assert_allclose(taught.logits, played.logits, atol=1e-4)


def test_a_row_is_encoded_as_the_model_encodes_it(
    model: MusicVAE, codec: Codec, latents: np.ndarray
) -> None:
    played = codec.decode(latents, temperature=1.0)
    mu, sigma = codec.encode(played.outputs)
    tokens = torch.from_numpy(played.tokens.reshape(ROWS, -1, 16, 3))
    with torch.inference_mode():
        expected = model.encoder(tokens)
    np.testing.assert_allclose(mu, expected[0], atol=1e-5)
    np.testing.assert_allclose(sigma, expected[1], atol=1e-5)


@pytest.mark.parametrize("name", WITHOUT_CONTROLS)
def test_every_family_encodes_and_plays_what_it_played(name: str) -> None:
    codec = codec_of(name)
    latents = np.random.default_rng(1).standard_normal((2, codec.z_size), np.float32)
    played = codec.decode(latents, temperature=None, with_logits=True)
    taught = codec.teacher_forced(latents, played.outputs)
    np.testing.assert_array_equal(taught.tokens, played.tokens)
    heard = played.outputs if codec.converter.kind == "groove" else played.tokens
    inputs = codec.converter.inputs(heard.reshape(*heard.shape[:2], -1))
    mu, sigma = codec.encode(inputs)
    assert mu.shape == sigma.shape == latents.shape
    assert len(list(codec.midi(played))) == 2


def test_a_model_that_wants_controls_is_refused() -> None:
    with pytest.raises(GeneratorError, match="wants 9 controls at every step"):
        codec_of("groovae_2bar_hits_control")


@pytest.mark.parametrize("shape", [(16,), (3, 15), (3, 16, 1), (0, 16)])
def test_latents_of_another_shape_are_told_the_right_one(
    codec: Codec, shape: tuple[int, ...]
) -> None:
    with pytest.raises(GeneratorError, match=r"tiny takes \[n, 16\]|no row"):
        codec.decode(np.zeros(shape), temperature=None)


@pytest.mark.parametrize("shape", [(2, 692), (2, 32, 90), (2, 64, 692), (0, 32, 692)])
def test_inputs_of_another_shape_are_told_the_right_one(
    codec: Codec, shape: tuple[int, ...]
) -> None:
    with pytest.raises(GeneratorError, match=r"\[n, steps, 692\] with 32 steps|no row"):
        codec.encode(np.zeros(shape))


def test_our_models_hear_one_event_a_part_and_step(codec: Codec) -> None:
    with pytest.raises(GeneratorError, match="one melody, one bass and one drum event a step"):
        codec.encode(np.zeros((1, 32, 692)))


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.nan, np.inf])
def test_a_temperature_that_is_none_is_refused(codec: Codec, temperature: float) -> None:
    with pytest.raises(GeneratorError, match="temperature must be above 0"):
        codec.decode(np.zeros((1, 16)), temperature=temperature)


@pytest.mark.parametrize(
    ("lengths", "told"),
    [
        ([32], "one for each of 2 rows"),
        ([32.0, 32.0], "whole numbers"),
        ([33, 1], "is 33"),
        ([0, 5], "is 0"),
    ],
)
def test_lengths_that_cannot_be_are_named(lengths: list[float], told: str) -> None:
    melodies = codec_of("cat-mel_2bar_small")
    with pytest.raises(GeneratorError, match=told):
        melodies.encode(np.zeros((2, 32, 90)), np.array(lengths))


def test_a_latent_without_its_target_is_refused(codec: Codec) -> None:
    with pytest.raises(GeneratorError, match="3 latents and 2 targets"):
        codec.teacher_forced(np.zeros((3, 16)), np.zeros((2, 32, 692)))
