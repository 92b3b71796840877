"""A station into one file: what it takes to set up the same one elsewhere."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from generators.groove.touch import SHIPPED_GROOVE
from generators.weights import SHIPPED_MODEL, open_model
from renderer.errors import LibraryError, SoundFontError
from renderer.soundfont import find_soundfont
from station.fonts import library_of
from station.pack_members import (
    ARCHIVE,
    CONFIG,
    MODELS,
    PUBLIC_KEYS,
    SECRETS,
    SOUNDFONTS,
    Packer,
    Progress,
)
from station.settings import Settings
from station.signing import KEYS_FILE, load_keys
from station.token import TOKEN_FILE
from station.toml_text import to_toml

LEAD, GROOVE = "lead", "groove"  # roles of models, beside the parts that partners sing
# Not in the settings of a pack, nor believed of one: where files are read and written.
_OF_A_MACHINE = {
    "storage": {"folder", "url"},
    "server": {"access_log"},
    "hls": {"folder"},
    "renderer": {"soundfont"},
    "generator": {"model", "melody", "drums"},
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What goes along that is large, or not for everybody."""

    models: bool = False
    fonts: bool = False
    secrets: bool = False


@dataclass(frozen=True, slots=True)
class PackedModel:
    """A model that the station's pieces are sung by."""

    role: str
    name: str
    sha256: str
    packed: bool


@dataclass(frozen=True, slots=True)
class PackedFont:
    """A sound font that the station has; `name` is "" for its own, which is not of the library."""

    name: str
    title: str
    licence: str
    credits: str
    source: str
    sha256: str
    packed: bool


def pack(
    settings: Settings, archive: Path, file: Any, wanted: Wanted, progress: Progress
) -> Mapping[str, Any]:
    """Write a pack; `archive` is an export of it as JSON lines.

    Returns:
        What the manifest says of it.

    Raises:
        WeightsError: a model is not whole, so nobody could play the same.
        SigningKeyError: the station's key is damaged.
        OSError: something cannot be read or written.
    """
    folder: Path = settings.storage.folder
    fonts = tuple(_fonts(settings, wanted))
    facts = {
        "stations": {name: _station(settings, name) for name in settings.stations},
        "models": [asdict(model) for model in _models(settings, wanted)],
        "soundfonts": [asdict(font) for font in fonts],
        "left_out": _left_out(settings, wanted),
    }
    with contextlib.closing(Packer(file, progress)) as packer:
        packer.add(CONFIG, to_toml(portable(settings, with_secrets=wanted.secrets)).encode())
        packer.add_file(ARCHIVE, archive)
        if (folder / KEYS_FILE).exists():
            packer.add(PUBLIC_KEYS, _json(load_keys(folder).public()))
        for name, path in _files(settings, wanted, fonts):
            packer.add_file(name, path)
        packer.finish(facts)
    return facts


def portable(settings: Settings, *, with_secrets: bool) -> dict[str, Any]:
    """The settings in force, file and environment together, without those of this machine.

    Stations are there in full, the defaults of their shows with them: these may be others where it
    is unpacked, and the programme would be too.
    """
    data: dict[str, Any] = settings.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    data = without_the_machine(data)
    data["stations"] = {
        name: station.model_dump(mode="json", exclude_none=True, exclude={"push"})
        for name, station in settings.stations.items()
    }
    if with_secrets:
        for name, station in settings.stations.items():
            data["stations"][name]["push"] = [
                {**push.model_dump(mode="json"), "password": push.password.get_secret_value()}
                for push in station.push
            ]
    return data


def without_the_machine(data: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without paths and addresses that mean something on one machine only."""
    return {
        section: {key: value for key, value in values.items() if key not in _OF_A_MACHINE[section]}
        if section in _OF_A_MACHINE
        else values
        for section, values in data.items()
    }


def models_of(settings: Settings) -> dict[str, Path]:
    """The folders of the models that sing and strike, by role."""
    lead = settings.generator.model or SHIPPED_MODEL
    return {LEAD: lead, **settings.generator.partners, GROOVE: SHIPPED_GROOVE}


def _models(settings: Settings, wanted: Wanted) -> Iterator[PackedModel]:
    for role, path in models_of(settings).items():
        folder = open_model(path)
        packed = wanted.models and role != GROOVE  # there is no setting for another
        yield PackedModel(role, folder.name, folder.sha256, packed)


def _fonts(settings: Settings, wanted: Wanted) -> Iterator[PackedFont]:
    library = library_of(settings)
    for name in library.names():
        with contextlib.suppress(LibraryError):  # `doctor` says what is wrong with it
            yield _font(name, library.font(name), wanted.fonts)
    with contextlib.suppress(SoundFontError):
        yield _font("", find_soundfont(settings.renderer.soundfont), False)


def _font(name: str, font: Any, packed: bool) -> PackedFont:
    with font.path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return PackedFont(name, font.name, font.licence, font.credits, font.source, sha256, packed)


def _files(
    settings: Settings, wanted: Wanted, fonts: Iterable[PackedFont]
) -> Iterator[tuple[str, Path]]:
    """Members that are files here already."""
    if wanted.models:
        for role, folder in models_of(settings).items():
            if role != GROOVE:
                for path in sorted(filter(Path.is_file, folder.iterdir())):
                    yield f"{MODELS}{role}/{path.name}", path
    library = library_of(settings)
    for font in fonts:
        if font.packed:
            path = library.font(font.name).path
            yield f"{SOUNDFONTS}{path.name}", path
            yield f"{SOUNDFONTS}{font.name}.json", path.with_suffix(".json")
    if wanted.secrets:
        for name in (KEYS_FILE, TOKEN_FILE):
            if (path := settings.storage.folder / name).exists():
                yield f"{SECRETS}{name}", path


def _station(settings: Settings, name: str) -> dict[str, Any]:
    station = settings.stations[name]
    return {
        "title": station.title,
        "seed": station.seed,
        "shows": [show.name for show in station.shows],
    }


def _left_out(settings: Settings, wanted: Wanted) -> list[str]:
    """In words, for who packs and for who unpacks."""
    reasons: list[tuple[bool, str]] = [
        (not wanted.models, "models: their hashes are there (--with-models)"),
        (not wanted.fonts, "sound fonts: their names and licences are there (--with-fonts)"),
        (
            not wanted.secrets,
            "secrets: Icecast servers to send to, the signing key, the operator's token "
            "(--with-secrets)",
        ),
        (
            True,
            "what is of the machine: [storage] folder and url, [hls] folder, [server] access_log, "
            "[renderer] soundfont",
        ),
    ]
    return [words for is_so, words in reasons if is_so]


def _json(data: Any) -> bytes:
    return json.dumps(data, indent=2).encode() + b"\n"
