"""A station in one file, and the same station elsewhere."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import stat
import tomllib
import zipfile
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from generators.sampler import Sampler
from generators.weights import ModelFolder
from station import pack_command
from station.errors import PackError, StationError
from station.fonts import library_of
from station.offline import Offline
from station.pack_members import MANIFEST, Pack
from station.settings import (
    GeneratorSettings,
    Settings,
    StationSettings,
    StorageSettings,
    load_settings,
)
from station.show_settings import ShowSettings
from station.signing import ensure_keys
from station.stream_settings import PushSettings
from station.token import new_token
from storage.database import Database
from tests.station.fakes import MIDNIGHT, InProcess
from tests.station.packs import write
from tests.storage.archives import PIECES, counts, keep, records
from tests.tiny_font import write_font

PASSWORD = "hackme-not"
SHOW = ShowSettings(
    name="Night ✶ \"quoted\"\x7f", starts=time(0), tempo_qpm=(110, 140), bridge_bars=2,
    energy=((time(0), -0.5), (time(12), 0.5)),
)  # fmt: skip
STATION = StationSettings(
    title="Latent \\ FM",
    shows=(SHOW,),
    seed=7,
    push=(PushSettings(url="http://127.0.0.1:8279/x.mp3", password=PASSWORD),),
)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, model_folder: ModelFolder) -> Settings:
    """A station with an archive, a font, a key and a secret, which no test changes."""
    folder = tmp_path_factory.mktemp("here")
    settings = Settings(
        storage=StorageSettings(folder=folder),
        generator=GeneratorSettings(candidates=2, shelf_minutes=1, model=model_folder.path),
        stations={"main": STATION},
    )
    database = Database.open(f"sqlite:///{settings.storage.folder}/latentfm.db")
    keep(database, records())
    database.close()
    ensure_keys(settings.storage.folder)
    new_token(settings.storage.folder)
    font = write_font(folder / "bells.sf2", INAM="Bells")
    library_of(settings).add(font, licence="CC0-1.0", credits="Ada", name="bells")
    return settings


def run(settings: Settings, *arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    pack_command.add_to(parser.add_subparsers().add_parser)
    parsed = parser.parse_args([*map(str, arguments)])
    parsed.settings = settings
    status: int = parsed.command(parsed)
    return status


def unpacked(settings: Settings, tmp_path: Path, *options: str) -> Path:
    run(settings, "pack", "-o", tmp_path / "x.latentfm", *options)
    run(settings, "unpack", tmp_path / "x.latentfm", tmp_path / "there")
    return tmp_path / "there"


def programme(settings: Settings, decoder: InProcess) -> list[str]:
    offline = Offline(settings, "main", decoder, None, seed=7, begins=MIDNIGHT)

    async def listen() -> list[str]:
        return [start.piece.id async for start in offline.pieces(240)]

    return asyncio.run(listen())


def test_the_same_seed_plays_the_same_programme_elsewhere(
    here: Settings, tmp_path: Path, sampler: Sampler, model_folder: ModelFolder
) -> None:
    there = load_settings(unpacked(here, tmp_path, "--with-models") / "station.toml")
    assert there.generator.model == tmp_path / "there" / "models" / "lead"
    ids = programme(there, InProcess(sampler, model_folder))
    assert len(ids) > 4
    assert ids == programme(here, InProcess(sampler, model_folder))


def test_the_archive_goes_along(here: Settings, tmp_path: Path) -> None:
    place = unpacked(here, tmp_path)
    database = Database.open(f"sqlite:///{place}/data/latentfm.db")
    found = counts(database)
    database.close()
    assert (found["piece"], found["airing"]) == (PIECES + 2, PIECES + 2)
    assert not list(tmp_path.glob(".*"))


def test_settings_of_the_station_are_kept(here: Settings, tmp_path: Path) -> None:
    there = load_settings(unpacked(here, tmp_path) / "station.toml")
    assert there.stations["main"].shows == here.stations["main"].shows
    assert there.stations["main"].title == here.stations["main"].title
    assert there.storage.folder == tmp_path / "there" / "data"


def test_no_secret_goes_along_unasked(here: Settings, tmp_path: Path) -> None:
    place = unpacked(here, tmp_path)
    with zipfile.ZipFile(tmp_path / "x.latentfm") as pack:
        everything = b"".join(pack.read(name) for name in pack.namelist())
    assert PASSWORD.encode() not in everything
    assert b'"d":' not in everything  # the private half of a key (RFC 8037)
    assert b'"x":' in everything  # the public one
    assert not (place / "data" / "station-keys.json").exists()


def test_secrets_go_along_when_asked_for(here: Settings, tmp_path: Path) -> None:
    place = unpacked(here, tmp_path, "--with-secrets")
    there = load_settings(place / "station.toml")
    assert there.stations["main"].push[0].password.get_secret_value() == PASSWORD
    for name in ("station-keys.json", "operator-token.sha256"):
        file = place / "data" / name
        assert file.read_bytes() == (here.storage.folder / name).read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "x.latentfm").stat().st_mode) == 0o600


def test_fonts_of_the_library_go_along_when_asked_for(here: Settings, tmp_path: Path) -> None:
    there = load_settings(unpacked(here, tmp_path, "--with-fonts") / "station.toml")
    library_of(there).verify("bells")
    assert library_of(there).font("bells").licence == "CC0-1.0"


def test_licences_of_fonts_are_said_in_any_case(here: Settings, tmp_path: Path) -> None:
    run(here, "pack", "-o", tmp_path / "x.latentfm")
    with Pack(tmp_path / "x.latentfm") as pack:
        fonts = {font["name"]: font for font in pack.manifest["soundfonts"]}
        assert not pack.names("soundfonts/")
    assert fonts["bells"]["licence"] == "CC0-1.0"
    assert fonts[""]["title"]  # the station's own


def test_a_model_that_is_elsewhere_already_is_found_by_its_hash(
    here: Settings, tmp_path: Path, model_folder: ModelFolder
) -> None:
    folder = tmp_path / "mine" / "models" / "mine"
    folder.parent.mkdir(parents=True)
    folder.symlink_to(model_folder.path)
    run(here, "pack", "-o", tmp_path / "x.latentfm")
    mine = Settings(storage=StorageSettings(folder=tmp_path / "mine"))
    run(mine, "unpack", tmp_path / "x.latentfm", tmp_path / "there")
    assert load_settings(tmp_path / "there" / "station.toml").generator.model == folder


def test_a_model_that_is_missing_is_said(
    here: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], model_folder: ModelFolder
) -> None:
    there = load_settings(unpacked(here, tmp_path) / "station.toml")
    error = capsys.readouterr().err
    assert f"weights {model_folder.sha256[:12]}…) at {there.generator.model}" in error


def test_equal_stations_make_equal_packs(here: Settings, tmp_path: Path) -> None:
    one, two = tmp_path / "one.latentfm", tmp_path / "two.latentfm"
    run(here, "pack", "-o", one)
    run(here, "pack", "-o", two)
    assert one.read_bytes() == two.read_bytes()


def test_nothing_is_replaced_unasked(here: Settings, tmp_path: Path) -> None:
    (tmp_path / "x.latentfm").write_text("mine")
    with pytest.raises(StationError, match="--force"):
        run(here, "pack", "-o", tmp_path / "x.latentfm")
    run(here, "pack", "-o", tmp_path / "y.latentfm")
    with pytest.raises(PackError, match="not empty"):
        run(here, "unpack", tmp_path / "y.latentfm", here.storage.folder)


def test_it_goes_on_where_it_was_interrupted(
    here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    run(here, "pack", "-o", tmp_path / "x.latentfm")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            run(here, "unpack", tmp_path / "x.latentfm", tmp_path / "there")
    assert not (tmp_path / "there").exists()
    run(here, "unpack", tmp_path / "x.latentfm", tmp_path / "there")
    assert (tmp_path / "there" / "station.toml").exists()


def test_paths_in_a_packs_settings_are_not_believed(here: Settings, tmp_path: Path) -> None:
    members = {"station.toml": b'[hls]\nfolder = "/etc"\n[storage]\nurl = "sqlite:////etc/x"\n'}
    run(here, "pack", "-o", tmp_path / "good.latentfm")
    with Pack(tmp_path / "good.latentfm") as good:
        members["archive.jsonl"] = good.read("archive.jsonl")
    run(here, "unpack", write(tmp_path / "x.latentfm", members), tmp_path / "there")
    there = tomllib.loads((tmp_path / "there" / "station.toml").read_text())
    assert there["hls"] == {}
    assert there["storage"] == {"folder": str(tmp_path / "there" / "data")}


def test_json_of_the_manifest_is_for_anybody(here: Settings, tmp_path: Path) -> None:
    run(here, "pack", "-o", tmp_path / "x.latentfm")
    with zipfile.ZipFile(tmp_path / "x.latentfm") as pack:
        manifest = json.loads(pack.read(MANIFEST))
        assert set(manifest["members"]) | {MANIFEST} == set(pack.namelist())
    assert manifest["stations"]["main"]["seed"] == 7
    assert [model["role"] for model in manifest["models"]] == ["lead", "groove"]
