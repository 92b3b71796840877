"""A pack into a folder: the same station, elsewhere.

It grows in a folder beside its place and is moved there when all of it is done. What was
interrupted goes on where it was when it is asked for again.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from generators.errors import WeightsError
from generators.groove.touch import SHIPPED_GROOVE
from generators.weights import SHIPPED_MODEL, open_model
from station.errors import PackError, SettingsError
from station.fonts import SOUNDFONTS as LIBRARY
from station.pack_members import (
    ARCHIVE,
    CONFIG,
    MODELS,
    PUBLIC_KEYS,
    SECRETS,
    SOUNDFONTS,
    Pack,
)
from station.packing import GROOVE, LEAD, without_the_machine
from station.settings import load_settings
from station.toml_text import to_toml

DATA = "data"  # the storage folder of the station that comes out
SECRET_MODE = 0o600
_PLACES = {
    ARCHIVE: Path(ARCHIVE),
    PUBLIC_KEYS: Path(PUBLIC_KEYS),
    MODELS: Path(MODELS),
    SOUNDFONTS: Path(DATA, LIBRARY),
    SECRETS: Path(DATA),
}
_SETTINGS = {LEAD: "model", "melody": "melody", "drums": "drums"}  # of models, by role
_WHOSE = ".pack"  # which pack a folder that is not done yet is made of

BringIn = Callable[[Path, Path], object]  # an archive file into the database of a storage folder


def unpack(pack: Pack, place: Path, models: Path, bring_in: BringIn) -> list[str]:
    """Set the station up in a folder that is empty, or not there yet.

    Args:
        models: a folder of model folders, where those that are not in the pack may be.
        bring_in: how the archive comes into the database.

    Returns:
        What is still to be done, in words.

    Raises:
        PackError: there is something in that place, no room for it, or the settings are of no use.
        OSError: it cannot be written. What is done stays beside the place.
    """
    place = place.absolute()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise PackError(pack.path, f"{place} is not empty: choose another folder")
    partial = _begun(pack, place.with_name(f".{place.name}.partial"))
    _see_room(pack, partial)
    text, notes = _config(pack, place, models)
    (partial / CONFIG).write_text(text)
    try:
        load_settings(partial / CONFIG)
    except SettingsError as error:
        raise PackError(pack.path, f"its settings are of no use here: {error}") from error
    for name in pack.names():
        if target := _target(name):
            mode = SECRET_MODE if name.startswith(SECRETS) else 0o644
            pack.extract(name, partial / target, mode)
    bring_in(partial / ARCHIVE, partial / DATA)
    (partial / ARCHIVE).unlink()
    (partial / _WHOSE).unlink()
    os.replace(partial, place)
    return notes


def _begun(pack: Pack, partial: Path) -> Path:
    """The folder beside the place, empty or with what an earlier try made of the same pack."""
    whose = partial / _WHOSE
    if not whose.is_file() or whose.read_text() != pack.sha256:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        whose.write_text(pack.sha256)
    return partial


def _see_room(pack: Pack, partial: Path) -> None:
    needed = 2 * pack.size_bytes  # the members, and the database that one of them becomes
    free = shutil.disk_usage(partial).free
    if free < needed:
        raise PackError(pack.path, f"it takes some {needed >> 20} MiB, and {free >> 20} are free")


def _target(name: str) -> Path | None:
    """Where a member goes; None for what is not put anywhere as it is."""
    folder, slash, rest = name.partition("/")
    place = _PLACES.get(folder + slash)
    return place / rest if place else None


def _config(pack: Pack, place: Path, models: Path) -> tuple[str, list[str]]:
    """The text of station.toml, and what is still to be done."""
    try:
        data = without_the_machine(tomllib.loads(pack.read(CONFIG).decode()))
        data.setdefault("storage", {})["folder"] = str(place / DATA)
        notes = [*_place_models(pack, data, place, models), *_seedless(pack)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PackError(pack.path, f"its settings cannot be read: {error!r}") from error
    if not any(name.startswith(SECRETS) for name in pack.names()):
        notes.append("the first start makes a new signing key and a new operator's token")
    return to_toml(data), notes


def _seedless(pack: Pack) -> Iterator[str]:
    for name, station in pack.manifest["stations"].items():
        if station["seed"] is None:
            yield f"{name} has no seed, so its programme is another at each start"


def _place_models(pack: Pack, data: dict[str, Any], place: Path, models: Path) -> Iterator[str]:
    """Name the models' folders in the settings; what is missing, in words."""
    generator = data.setdefault("generator", {})
    for model in pack.manifest["models"]:
        role, sha256 = model["role"], model["sha256"]
        if role == GROOVE:
            if not _is(SHIPPED_GROOVE, sha256):
                yield "this Latent FM has another groove model: drums are struck otherwise"
            continue
        setting = _SETTINGS[role]
        if role == LEAD and not model["packed"] and _is(SHIPPED_MODEL, sha256):
            continue  # unset is the shipped one
        found = next((path for path in sorted(models.glob("*")) if _is(path, sha256)), None)
        if model["packed"] or found is None:
            generator[setting] = str(place / MODELS / role)
        else:
            generator[setting] = str(found.absolute())
        if found is None and not model["packed"]:
            yield (
                f"the model {model['name']} is not in the pack: put its folder (weights "
                f"{sha256[:12]}…) at {place / MODELS / role}. Until then patterns play"
            )


def _is(folder: Path, sha256: str) -> bool:
    try:
        return open_model(folder).sha256 == sha256
    except WeightsError:
        return False
