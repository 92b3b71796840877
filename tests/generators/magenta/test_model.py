"""A model plays what it is told to, the same every time, and says what it lacks."""

from __future__ import annotations

import pytest
import torch

from generators.errors import WeightsError
from generators.magenta.config import MAGENTA_CONFIGS
from generators.magenta.model import MagentaVAE
from generators.magenta.untrained import Untrained
from generators.magenta.variables import expected_variables
from tests.generators.magenta.tiny import (
    tiny_config,
    tiny_controls,
    tiny_latents,
    tiny_model,
    tiny_notes,
    tiny_uniforms,
    tiny_variables,
)

HEADS = ("hierdec-trio_16bar", "flat-trio_16bar", "nade-drums_2bar_full", "groovae_2bar")
MELODY = "cat-mel_2bar_small"


@pytest.mark.parametrize("name", MAGENTA_CONFIGS)
def test_what_a_model_plays_it_can_hear_again(name: str) -> None:
    """Step after step and all steps at once come to the same; only rounding may add up."""
    model = tiny_model(name)
    z, controls = tiny_latents(model, 2), tiny_controls(model, 2)
    played = model.decode(z, temperature=1.0, controls=controls)
    again = model.teacher_forced(z, played.outputs, controls)
    torch.testing.assert_close(again, played.logits, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("name", MAGENTA_CONFIGS)
def test_every_configuration_has_an_encoder(name: str) -> None:
    model = tiny_model(name)
    mu, sigma = model.encode(tiny_notes(model, 2), controls=tiny_controls(model, 2))
    assert mu.shape == sigma.shape == (2, model.config.z_size)
    assert bool((sigma > 0).all())


@pytest.mark.parametrize("name", HEADS)
def test_equal_seeds_play_equal_notes(name: str) -> None:
    model = tiny_model(name)
    z = tiny_latents(model, 2)
    one, same, other = (model.decode(z, temperature=1.0, seed=seed).tokens for seed in (4, 4, 5))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("name", HEADS)
def test_a_cold_model_plays_the_likeliest_notes(name: str) -> None:
    model = tiny_model(name)
    z = tiny_latents(model, 2)
    cold, likeliest = (model.decode(z, temperature=t).tokens for t in (1e-6, None))
    assert torch.equal(cold, likeliest)


@pytest.mark.parametrize("name", HEADS)
def test_a_piece_is_the_same_whatever_it_is_played_beside(name: str) -> None:
    model = tiny_model(name)
    z = tiny_latents(model, 3)
    uniforms = tiny_uniforms(model, 3)
    together = model.decode(z, temperature=1.0, uniforms=uniforms).tokens
    alone = model.decode(z[1:2], temperature=1.0, uniforms=uniforms[1:2]).tokens
    assert torch.equal(together[1:2], alone)


@pytest.mark.parametrize("name", HEADS)
def test_the_beginning_of_a_piece_does_not_depend_on_its_length(name: str) -> None:
    model = tiny_model(name)
    z = tiny_latents(model, 1)
    uniforms = tiny_uniforms(model, 1)
    whole = model.decode(z, temperature=1.0, uniforms=uniforms).tokens
    part = model.decode(z, temperature=1.0, uniforms=uniforms[:, :20], steps=20).tokens
    assert torch.equal(whole[:, :20], part)


def test_notes_are_drawn_as_often_as_they_are_likely() -> None:
    model = tiny_model(MELODY)
    z = tiny_latents(model, 1).expand(4000, -1)
    played = model.decode(z, temperature=2.0, seed=7, steps=1)
    drawn = played.outputs[:, 0].mean(dim=0)
    likely = (played.logits[0, 0] / 2.0).softmax(dim=-1)
    torch.testing.assert_close(drawn, likely, atol=0.03, rtol=0)


def test_drum_hits_are_the_bits_of_their_token() -> None:
    model = tiny_model("nade-drums_2bar_full")
    played = model.decode(tiny_latents(model, 1), temperature=1.0)
    token, hits = int(played.tokens[0, 0]), played.outputs[0, 0]
    assert [token >> bit & 1 for bit in range(61)] == hits.tolist()


def test_controls_are_heard() -> None:
    model = tiny_model("groovae_2bar_hits_control")
    z, hits = tiny_latents(model, 1), tiny_controls(model, 1)
    assert hits is not None
    one, other = (model.decode(z, temperature=None, controls=c).outputs for c in (hits, 1 - hits))
    assert not torch.equal(one, other)


def test_only_valid_steps_are_heard() -> None:
    model = tiny_model(MELODY)
    notes = tiny_notes(model, 1)
    cut, _ = model.encode(notes[:, :11])
    told, _ = model.encode(notes, torch.tensor([11]))
    torch.testing.assert_close(told, cut)


def test_a_model_without_its_encoder_still_plays() -> None:
    whole = tiny_variables(tiny_config(MELODY))
    decoder = {name: v for name, v in whole.items() if name.startswith("decoder/")}
    model = tiny_model(MELODY, decoder)
    z = tiny_latents(model, 1)
    played, expected = (m.decode(z, temperature=1.0) for m in (model, tiny_model(MELODY, whole)))
    assert torch.equal(played.tokens, expected.tokens)


def test_a_model_without_its_encoder_names_what_it_lacks() -> None:
    whole = tiny_variables(tiny_config(MELODY))
    del whole["encoder/mu/bias"]
    model = tiny_model(MELODY, whole)
    with pytest.raises(WeightsError, match=r"cannot encode.*without encoder/mu/bias\."):
        model.encode(torch.zeros(1, 32, 90))


def test_a_model_without_sigma_knows_the_mean_alone() -> None:
    whole = tiny_variables(tiny_config(MELODY))
    del whole["encoder/sigma/kernel"], whole["encoder/sigma/bias"]
    model = tiny_model(MELODY, whole)
    mu, sigma = model.encode(tiny_notes(model, 1))
    assert bool(mu.isfinite().all())
    assert bool(sigma.isnan().all())


def test_a_missing_variable_is_named() -> None:
    variables = tiny_variables(tiny_config(MELODY))
    del variables["decoder/output_projection/bias"]
    with pytest.raises(WeightsError, match="decoder/output_projection/bias: missing"):
        tiny_model(MELODY, variables)


def test_an_unknown_variable_is_named() -> None:
    variables = tiny_variables(tiny_config(MELODY))
    variables["decoder/attention/kernel"] = torch.zeros(1)
    with pytest.raises(WeightsError, match=f"decoder/attention/kernel: no variables of {MELODY}"):
        tiny_model(MELODY, variables)


def test_a_variable_of_another_shape_is_named_with_both_shapes() -> None:
    variables = tiny_variables(tiny_config(MELODY))
    variables["encoder/mu/bias"] = torch.zeros(7)
    with pytest.raises(WeightsError, match=r"encoder/mu/bias .* \(7,\); .* needs \(6,\)"):
        tiny_model(MELODY, variables)


def test_what_training_left_behind_is_not_minded() -> None:
    variables = tiny_variables(tiny_config(MELODY))
    tiny_model(MELODY, {**variables, "decoder/output_projection/bias/Adam": torch.zeros(90)})


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_must_be_above_zero(temperature: float) -> None:
    model = tiny_model(MELODY)
    with pytest.raises(ValueError, match=r"temperature .*None: greedy"):
        model.decode(tiny_latents(model, 1), temperature=temperature)


def test_a_model_that_wants_controls_says_their_shape() -> None:
    model = tiny_model("groovae_2bar_hits_control")
    with pytest.raises(ValueError, match=r"controls .*\(1, 32, 9\), not \(1, 32, 0\)"):
        model.decode(tiny_latents(model, 1), temperature=None)


def test_latents_of_another_model_are_refused() -> None:
    model = tiny_model(MELODY)
    with pytest.raises(ValueError, match=r"latents .*\(any, 6\), not \(1, 5\)"):
        model.decode(torch.zeros(1, 5), temperature=None)


def test_a_bar_encoder_reads_whole_pieces_only() -> None:
    model = tiny_model("hier-trio_4bar")
    with pytest.raises(ValueError, match="encodes exactly 64 steps"):
        model.encode(torch.zeros(1, 48, 692))


def test_an_untrained_model_is_the_same_from_the_same_seed() -> None:
    config = tiny_config("hierdec-mel_16bar")
    one, same, other = (
        MagentaVAE.from_variables(config, Untrained(config, seed)).state_dict()
        for seed in (1, 1, 2)
    )
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["encoder.mu.weight"], other["encoder.mu.weight"])


def test_an_untrained_model_has_every_variable_of_its_configuration() -> None:
    config = tiny_config("nade-drums_2bar_full")
    found = {name: tuple(values.shape) for name, values in Untrained(config, 1).items()}
    assert found == expected_variables(config)
