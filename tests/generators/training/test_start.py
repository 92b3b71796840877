"""Where a run may begin, and what it says where it may not."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from generators.corpus import Corpus, build
from generators.training.checkpoint import CHECKPOINT
from generators.training.errors import TrainingError
from generators.training.run import Training
from generators.training.start import fingerprint
from generators.weights import DESCRIPTION, WEIGHTS, load_model, open_model
from tests.generators.magenta.tiny import tiny_config, tiny_variables
from tests.generators.songs import write_song
from tests.generators.tiny import TINY
from tests.generators.training.runs import FAST, new_run, train


@pytest.fixture
def trained(corpus: Corpus, tmp_path: Path) -> Path:
    train(corpus, tmp_path / "trained", minutes=0.2)
    return tmp_path / "trained"


@pytest.fixture
def other_corpus(tmp_path: Path) -> Corpus:
    (tmp_path / "songs").mkdir()
    for seed in range(100, 124):
        write_song(tmp_path / "songs" / f"song{seed}.mid", seed)
    return build([tmp_path / "songs"])


def test_a_run_starts_from_another_where_that_one_ended(
    corpus: Corpus, trained: Path, tmp_path: Path
) -> None:
    before = new_run(corpus, trained)
    training = new_run(corpus, tmp_path / "new", start_from=trained)
    assert (training.progress.step, training.progress.seconds) == (before.progress.step, 0)
    for name, tensor in before.learner.tensors().items():
        assert torch.equal(training.learner.tensors()[name], tensor), name


def test_weights_alone_will_do_to_start_from(corpus: Corpus, trained: Path, tmp_path: Path) -> None:
    shutil.rmtree(trained / CHECKPOINT)
    training = new_run(corpus, tmp_path / "new", start_from=trained)
    found, weights = training.model.state_dict(), load_model(open_model(trained)).state_dict()
    assert all(torch.equal(found[name], each) for name, each in weights.items())
    assert training.progress.step == open_model(trained).facts["training_steps"]


def test_minutes_before_the_start_count_on_the_card_only(
    corpus: Corpus, trained: Path, tmp_path: Path
) -> None:
    training = new_run(corpus, tmp_path / "new", start_from=trained)
    training.run(minutes=0.1)
    assert training.progress.seconds == 6
    facts = open_model(tmp_path / "new").facts
    assert facts["training_seconds"] == 12 + 6
    assert facts["started_from"]["sha256"] == open_model(trained).sha256


def test_a_run_that_has_begun_looks_at_no_other(
    corpus: Corpus, trained: Path, tmp_path: Path
) -> None:
    new_run(corpus, tmp_path / "new", start_from=trained).run(0.1)
    shutil.rmtree(trained)
    resumed = new_run(corpus, tmp_path / "new", start_from=trained)
    assert resumed.progress.seconds == 6


def test_a_run_may_start_from_one_on_another_corpus(
    other_corpus: Corpus, trained: Path, tmp_path: Path
) -> None:
    training = new_run(other_corpus, tmp_path / "new", start_from=trained)
    assert training.progress.step > 0


def test_a_run_does_not_go_on_with_another_corpus(other_corpus: Corpus, trained: Path) -> None:
    with pytest.raises(TrainingError, match=r"another corpus.*--from"):
        new_run(other_corpus, trained)


def test_another_split_is_another_corpus(corpus: Corpus) -> None:
    files = [replace(file, held_out=not file.held_out) for file in corpus.files]
    assert fingerprint(replace(corpus, files=files)) != fingerprint(corpus)


def test_a_run_does_not_go_on_in_another_shape(corpus: Corpus, trained: Path) -> None:
    with pytest.raises(TrainingError, match="z_size is 16, not 8"):
        Training(corpus, trained, replace(TINY, z_size=8), FAST)


def test_a_run_does_not_start_from_another_shape(
    corpus: Corpus, trained: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"cannot go on from .*bars is 2, not 1"):
        Training(corpus, tmp_path / "new", replace(TINY, bars=1), FAST, start_from=trained)


def test_a_run_does_not_start_from_a_model_of_magentas(corpus: Corpus, tmp_path: Path) -> None:
    config = tiny_config("cat-mel_2bar_small")
    other = tmp_path / "other"
    other.mkdir()
    save_file(tiny_variables(config), other / WEIGHTS)
    sha256 = hashlib.sha256((other / WEIGHTS).read_bytes()).hexdigest()
    description = {"family": "magenta", "config": asdict(config), "sha256": sha256, "facts": {}}
    (other / DESCRIPTION).write_text(json.dumps(description))
    with pytest.raises(TrainingError, match="of another family"):
        new_run(corpus, tmp_path / "new", start_from=other)


def test_a_model_without_a_checkpoint_is_not_overwritten(corpus: Corpus, trained: Path) -> None:
    shutil.rmtree(trained / CHECKPOINT)
    with pytest.raises(TrainingError, match="no checkpoint to go on from"):
        new_run(corpus, trained)


def test_a_file_is_no_folder(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "model").write_text("")
    with pytest.raises(TrainingError, match="is a file"):
        new_run(corpus, tmp_path / "model")
