"""A tiny model in a folder, and settings that keep everything in another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from generators.sampler import Sampler
from generators.weights import ModelFolder, open_model, save_model
from station.programme import Programme
from station.settings import RendererSettings, Settings, StorageSettings
from tests.fonts import FONT
from tests.generators.tiny import tiny_model
from tests.station.fakes import FakeTime, InProcess

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    path = tmp_path_factory.mktemp("models") / "tiny"
    save_model(tiny_model(), path, {"name": "tiny"})
    return open_model(path)


@pytest.fixture(scope="session")
def sampler() -> Sampler:
    return Sampler(tiny_model(), torch.device("cpu"))


@pytest.fixture
def decoder(sampler: Sampler, model_folder: ModelFolder) -> InProcess:
    return InProcess(sampler, model_folder)


@pytest.fixture(autouse=True)
def _measured_in_no_time(few_keys: None, nothing_on_air: None) -> None:
    """How well instruments are balanced is for tests/renderer/test_balance.py to say."""


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        storage=StorageSettings(folder=tmp_path / "data"), renderer=RendererSettings(soundfont=FONT)
    )


@pytest.fixture
def programme(settings: Settings) -> Iterator[Programme]:
    """A whole programme, not on air."""
    programme = Programme(settings)
    yield programme
    off_air(programme)


def off_air(programme: Programme) -> None:
    """Free what a programme holds that was never on air."""
    for station in programme.stations.values():
        station.free()
    asyncio.run(programme.generator.close())
    programme.journal.close(5)
    programme.database.close()
