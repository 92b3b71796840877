"""What is recorded on a GPU plays as it does without; without one, nothing is recorded."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generators.graphs import graphed
from generators.magenta.sampler import MagentaSampler
from generators.music import Bar
from generators.sampler import Sampler
from tests.generators.magenta.tiny import tiny_config, tiny_variables
from tests.generators.tiny import TINY, tiny_model

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


def test_a_cpu_runs_the_function_itself() -> None:
    assert graphed(torch.sin, torch.device("cpu")) is torch.sin


@needs_cuda
def test_a_graph_replays_with_other_arguments() -> None:
    device = torch.device("cuda")
    doubled = graphed(lambda x: x * 2, device)
    for value in (1.0, 3.0):
        assert doubled(torch.full((4,), value, device=device)).tolist() == [2 * value] * 4


@needs_cuda
def test_our_bars_on_a_gpu_do_not_hear_what_they_are_batched_with() -> None:
    sampler = Sampler(tiny_model(quiet=0.0), torch.device("cuda"))
    z = np.random.default_rng(1).standard_normal((3, 1, TINY.z_size), dtype=np.float32)
    plans = [(row, [Bar(0, 0, 0.0, place) for place in range(2)], 1, 1.0) for row in z]
    together = sampler.decode_many(plans)
    np.testing.assert_array_equal(together[2], sampler.decode(*plans[2]))


@needs_cuda
def test_magentas_bars_on_a_gpu_sound_as_one_after_the_other() -> None:
    config = tiny_config("hierdec-trio_16bar")
    sampler = MagentaSampler(config, tiny_variables(config), torch.device("cuda"))
    rng = np.random.default_rng(1)
    z = rng.standard_normal((5, config.z_size), dtype=np.float32)
    uniforms = rng.random((5, config.steps, 3), dtype=np.float32)
    np.testing.assert_array_equal(
        sampler.decode(z, uniforms, np.ones(5)),
        sampler.decode(z, uniforms, np.ones(5), serial=True),
    )
