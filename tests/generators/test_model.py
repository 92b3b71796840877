"""The network: its shapes, and that its bars know nothing of each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generators.config import CONFIGS
from generators.events import PART_DEPTHS
from generators.model import MusicVAE, _last_states
from tests.generators.tiny import TINY


@pytest.fixture
def tokens(rng: np.random.Generator) -> torch.Tensor:
    """(3, 2, 16, 3) int64."""
    drawn = [rng.integers(0, depth, (3, TINY.bars, 16)) for depth in PART_DEPTHS]
    return torch.from_numpy(np.stack(drawn, axis=-1))


@torch.inference_mode()
def test_the_encoder_gives_a_latent_a_window(model: MusicVAE, tokens: torch.Tensor) -> None:
    mu, sigma = model.encoder(tokens)
    assert mu.shape == sigma.shape == (3, TINY.z_size)
    assert (sigma > 0).all()


@torch.inference_mode()
def test_the_decoders_give_logits_a_step(model: MusicVAE, tokens: torch.Tensor) -> None:
    logits = model.teacher_forced(torch.zeros(3, TINY.z_size), tokens)
    assert [each.shape for each in logits] == [(6, 16, depth) for depth in PART_DEPTHS]


@torch.inference_mode()
@pytest.mark.parametrize("part", range(3))
def test_another_bar_changes_nothing_in_this_one(
    model: MusicVAE, tokens: torch.Tensor, part: int
) -> None:
    z = torch.ones(3, TINY.z_size)
    changed = tokens.clone()
    changed[:, 0] = (changed[:, 0] + 1) % torch.tensor(PART_DEPTHS)
    before, after = (
        model.teacher_forced(z, each)[part].view(3, 2, 16, -1) for each in (tokens, changed)
    )
    torch.testing.assert_close(after[:, 1], before[:, 1])
    assert not torch.equal(after[:, 0], before[:, 0])


@torch.inference_mode()
def test_a_step_does_not_hear_its_own_token(model: MusicVAE, tokens: torch.Tensor) -> None:
    z = torch.ones(3, TINY.z_size)
    changed = tokens.clone()
    changed[:, :, 9] = 0
    for before, after in zip(
        model.teacher_forced(z, tokens), model.teacher_forced(z, changed), strict=True
    ):
        torch.testing.assert_close(after[:, :10], before[:, :10])
        assert not torch.equal(after[:, 10:], before[:, 10:])


@torch.inference_mode()
def test_a_part_does_not_hear_the_others(model: MusicVAE, tokens: torch.Tensor) -> None:
    z = torch.ones(3, TINY.z_size)
    changed = tokens.clone()
    changed[..., 1:] = 0
    torch.testing.assert_close(
        model.teacher_forced(z, changed)[0], model.teacher_forced(z, tokens)[0]
    )


@torch.inference_mode()
def test_the_encoder_hears_every_step_of_every_part(model: MusicVAE, tokens: torch.Tensor) -> None:
    before, _ = model.encoder(tokens[:1])
    for bar, step, part in np.ndindex(TINY.bars, 16, 3):
        changed = tokens[:1].clone()
        changed[0, bar, step, part] = (changed[0, bar, step, part] + 1) % PART_DEPTHS[part]
        assert not torch.equal(model.encoder(changed)[0], before), (bar, step, part)


@torch.inference_mode()
def test_an_encoder_keeps_what_each_direction_heard_last(model: MusicVAE) -> None:
    steps = torch.randn(3, 16, 3 * TINY.embedding, generator=torch.Generator().manual_seed(1))
    outputs, _ = model.encoder.bar(steps)
    forwards, backwards = outputs.split(TINY.encoder, dim=-1)
    both = torch.cat([forwards[:, -1], backwards[:, 0]], dim=-1)
    torch.testing.assert_close(_last_states(model.encoder.bar, steps), both)


@torch.inference_mode()
def test_every_bar_has_an_embedding_of_its_own(model: MusicVAE) -> None:
    bars = model.conductor(torch.ones(1, TINY.z_size))[0]
    assert not torch.allclose(bars[0], bars[1])


def test_a_hidden_token_is_not_heard(model: MusicVAE, tokens: torch.Tensor) -> None:
    z = torch.ones(3, TINY.z_size)
    nothing = torch.zeros(6, 16, 3, 1)
    with torch.inference_mode():
        one = model.teacher_forced(z, tokens, nothing)
        other = model.teacher_forced(z, torch.zeros_like(tokens), nothing)
    for a, b in zip(one, other, strict=True):
        torch.testing.assert_close(a, b)


def test_every_config_is_whole_bars_under_its_own_name() -> None:
    for name, config in CONFIGS.items():
        assert config.name == name
        assert config.steps == 16 * config.bars
