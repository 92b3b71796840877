"""`verify`: what an operator reads of recipes that give their notes again, or do not."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from generators.music import Piece
from generators.recipe import composer, identified
from generators.weights import ModelFolder
from station.errors import StationError
from station.programme import database_url
from station.settings import GeneratorSettings, Settings, StorageSettings
from station.verify_command import add_to
from storage.database import Database
from storage.writing import store
from tests.station.fakes import InProcess
from tests.station.recipes import composed, recipe

Verify = Callable[..., int]


@pytest.fixture
def settings(tmp_path: Path, model_folder: ModelFolder) -> Settings:
    return Settings(
        storage=StorageSettings(folder=tmp_path),
        generator=GeneratorSettings(model=model_folder.path),
    )


@pytest.fixture
def archive(settings: Settings) -> Iterator[Database]:
    database = Database.open(database_url(settings))
    yield database
    database.close()


@pytest.fixture
def verify(settings: Settings) -> Verify:
    """Run the command; its exit status."""
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers().add_parser)

    def run(*words: str) -> int:
        arguments = parser.parse_args(["verify", *words])
        arguments.settings = settings
        status: int = arguments.command(arguments)
        return status

    return run


async def one_of(decoder: InProcess, folder: ModelFolder, seed: int) -> Piece:
    """A piece as the generator process composes it here."""
    plain = recipe(folder, seed=seed, humanize_percent=0, groove_sha256="")
    made = await composed(decoder, plain)
    return identified(replace(made, composer=composer(decoder.arithmetic)))


async def test_every_piece_is_told_what_became_of_it(
    verify: Verify,
    archive: Database,
    decoder: InProcess,
    model_folder: ModelFolder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good, short, foreign = [await one_of(decoder, model_folder, seed) for seed in (1, 2, 3)]
    altered = identified(replace(short, trio=replace(short.trio, drums=short.trio.drums[:-1])))
    of_another = identified(replace(foreign, weights_sha256="0" * 64, model="another"))
    with archive.writing() as connection:
        for piece in (good, altered, of_another):
            store(connection, piece)
    assert await run_beside(verify, "--all") == 1
    *lines, total = capsys.readouterr().out.splitlines()
    assert {tuple(line.split("  ")[:2]) for line in lines} == {
        (good.id, "same notes"),
        (altered.id, "differs"),
        (of_another.id, "other model"),
    }
    assert sorted(total.split(", ")) == ["1 differs", "1 other model", "1 same notes"]


async def run_beside(verify: Verify, *words: str) -> int:
    """The command has an event loop of its own."""
    return await asyncio.to_thread(verify, *words)


def test_a_piece_that_is_not_there_is_an_error(verify: Verify) -> None:
    with pytest.raises(StationError, match="no piece has the id 'nowhere'"):
        verify("nowhere")


def test_the_newest_none_is_an_error(verify: Verify) -> None:
    with pytest.raises(StationError, match="--last takes a whole number from 1 on, not 0"):
        verify("--last", "0")
