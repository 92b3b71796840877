"""Models of both families under evaluation: Magenta's trios as well as ours."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save_file

from generators.corpus import Corpus
from generators.errors import WeightsError
from generators.evaluation.examination import examine
from generators.evaluation.reconstruction import reconstruct
from generators.evaluation.sections import document
from generators.evaluation.subjects import OurSubject, Subject, subject_of
from generators.evaluation.tunes import by_tune
from generators.evaluation_settings import EvaluationSettings
from generators.model import MusicVAE
from generators.weights import open_model
from tests.generators.magenta.tiny import tiny_config, tiny_model, tiny_variables

FEW = EvaluationSettings(windows=8, pairs=2, samples=10, candidates=2)


@pytest.fixture(params=["ours", "magenta"])
def subject(request: pytest.FixtureRequest, model: MusicVAE) -> Subject:
    if request.param == "ours":
        return OurSubject(model)
    return subject_of(tiny_model("hier-trio_4bar"))


def test_a_window_is_sampled_alike_whatever_it_is_batched_with(
    subject: Subject, rng: np.random.Generator
) -> None:
    z = rng.standard_normal((6, subject.z_size), dtype=np.float32)
    together = subject.sample(z, np.arange(6), 1.0)
    assert together.shape == (6, subject.bars, 16, 3)
    np.testing.assert_array_equal(together[2:3], subject.sample(z[2:3], np.array([2]), 1.0))


def test_either_family_is_reconstructed(subject: Subject, corpus: Corpus) -> None:
    windows = by_tune(corpus, subject.bars, 8, held_out=True).tokens
    found = reconstruct(subject, windows)
    assert found.nats > 0
    assert found.kl >= 0
    assert all(0 <= share <= 1 for share in found.forced.steps + found.sampled.events)


def test_a_model_of_melodies_is_refused_by_name() -> None:
    with pytest.raises(WeightsError, match="cat-mel_2bar_small makes melody: only models of trios"):
        subject_of(tiny_model("cat-mel_2bar_small"))


def test_a_model_without_its_encoder_is_measured_by_its_samples(
    corpus: Corpus, tmp_path: Path
) -> None:
    corpus.save(tmp_path / "corpus.npz")
    config = tiny_config("hier-trio_4bar")
    variables = {
        name: tensor
        for name, tensor in tiny_variables(config).items()
        if not name.startswith("encoder/")
    }
    save_file(variables, tmp_path / "model.safetensors")
    sha256 = hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest()
    description = {"family": "magenta", "config": asdict(config), "sha256": sha256}
    (tmp_path / "model.json").write_text(json.dumps(description))
    found = examine(open_model(tmp_path), tmp_path / "corpus.npz", FEW)
    assert "encoder" in found.figures["reconstruction"]["not_measured"]
    assert len(found.figures["statistics"]["features"]) > 10
    assert "Not measured" in document(found.figures, found.examples).markdown()
