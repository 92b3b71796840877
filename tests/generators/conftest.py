"""A model small enough to make anew, and a corpus small enough to learn by heart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from generators.corpus import Corpus, build
from generators.model import MusicVAE
from generators.sampler import Sampler
from tests.generators.songs import write_song
from tests.generators.tiny import tiny_model

torch.set_num_threads(1)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_260_101)


@pytest.fixture(scope="session")
def model() -> MusicVAE:
    return tiny_model()


@pytest.fixture(scope="session")
def sampler(model: MusicVAE) -> Sampler:
    return Sampler(model, torch.device("cpu"))


@pytest.fixture(scope="session")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 songs, a few of which the split holds out."""
    folder = tmp_path_factory.mktemp("songs")
    (folder / "PROVENANCE.md").write_text("# Made by a test; public domain\n\nMore words.\n")
    for seed in range(24):
        write_song(folder / f"song{seed:02}.mid", seed)
    return folder


@pytest.fixture(scope="session")
def corpus(songs: Path) -> Corpus:
    return build([songs])
