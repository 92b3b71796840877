"""Every family does to the digit what Magenta does, pinned by runs of Magenta itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from generators.magenta import tfjs
from generators.magenta.config import MAGENTA_CONFIGS
from tests.generators.magenta.golden import SETS, Golden, golden, golden_folder, model_of

TOLERANCE = 1e-4  # absolute, in float32
GROOVE_TOLERANCE = 1e-3  # velocities and offsets are heard again, so that errors add up
SAFE_MARGIN = 1e-3  # logits nearer to each other may be rounded to another winner


@pytest.fixture(scope="module", params=SETS)
def told(request: pytest.FixtureRequest) -> Golden:
    return golden(request.param)


def close(found: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> None:
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=0, atol=tolerance)


def divergence(mu: Tensor, sigma: Tensor) -> Tensor:
    """Nats from the prior, (B,)."""
    return (0.5 * (mu**2 + sigma**2 - 1) - sigma.log()).sum(dim=-1)


def test_notes_are_encoded_as_magenta_encodes_them(told: Golden) -> None:
    mu, sigma = told.model.encode(told["enc_inputs"], told["enc_lengths"])
    close(mu, told["enc_mu"])
    close(sigma, told["enc_sigma"])
    close(divergence(mu, sigma), told["enc_kl_nats"])


def test_teacher_forced_projections_are_magentas(told: Golden) -> None:
    close(told.model.teacher_forced(told["tf_z"], told["tf_targets"]), told["tf_logits"])


def test_the_truth_costs_what_it_costs_magenta(told: Golden) -> None:
    nats = told.model.nats(told["tf_logits"], told["tf_targets"])  # (B, T)
    valid = torch.arange(nats.shape[1]) < told["tf_lengths"][:, None]
    np.testing.assert_allclose((nats * valid).sum(dim=1), told["tf_r_loss"], rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in SETS if name.startswith("hier")])
def test_the_conductor_gives_the_embeddings_of_magentas(name: str) -> None:
    told = golden(name)
    close(told.model.embeddings(told["tf_z"]), told["tf_conductor"])
    close(told.model.embeddings(told["dec_z"]), told["dec_conductor"])


def test_the_likeliest_notes_are_magentas(told: Golden) -> None:
    decoded = told.model.decode(told["dec_z"], temperature=None)
    assert "dec_min_margin" not in told or bool((told["dec_min_margin"] > SAFE_MARGIN).all())
    close(decoded.logits[:1], told["dec_logits_first"])
    exact = told.model.config.head != "groove"
    close(decoded.outputs, told["dec_outputs"], 0 if exact else GROOVE_TOLERANCE)
    if "dec_tokens" in told:
        assert torch.equal(decoded.tokens, told["dec_tokens"].to(torch.int64))


def test_a_groove_strikes_exactly_where_magentas_does() -> None:
    told = golden("groovae_4bar")
    decoded = told.model.decode(told["dec_z"], temperature=None)
    assert torch.equal(decoded.outputs[..., :9], told["dec_outputs"][..., :9])


@pytest.mark.parametrize("stored", ["float32", "uint16", "uint8"])
def test_a_model_for_the_browser_plays_what_it_plays_there(stored: str) -> None:
    folder = golden_folder(f"magenta-js-trio_4bar/{stored}")
    config = replace(
        MAGENTA_CONFIGS["hier-trio_4bar"], z_size=24, encoder=(32, 32), decoder=(40, 40)
    )
    model = model_of(config, tfjs.read_variables(folder))
    told = Golden(dict(np.load(folder.parent / "golden.npz")), model)
    mu, _ = model.encode(told["enc_inputs"])
    close(mu, told[f"{stored}_mu"])
    tokens = model.decode(told["dec_z"], temperature=None).tokens
    safe = told[f"{stored}_min_margin"] > SAFE_MARGIN
    assert int(safe.sum()) >= 4
    assert torch.equal(tokens[safe], told[f"{stored}_tokens"][safe].to(torch.int64))
