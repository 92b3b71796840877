"""`pack` and `unpack`: a station in one file, and the same station elsewhere."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from station.arrays import new_file
from station.errors import PackError, StationError
from station.import_archive_command import NOTE, bring_in, checked
from station.pack_members import Pack
from station.packing import Wanted, pack
from station.programme import database_url
from station.progress import count_bar
from station.settings import Settings
from station.unpacking import SECRET_MODE, unpack
from storage.database import Database
from storage.export import FORMATS, Export
from storage.walk import Scope


def add_to(add: Any) -> None:
    """Add the commands to the command line's subparsers."""
    command = add("pack", help="the whole station in one file")
    command.add_argument("-o", "--output", type=Path, required=True, help="station.latentfm")
    command.add_argument("--with-models", action="store_true", help="not only their hashes")
    command.add_argument(
        "--with-fonts", action="store_true", help="the sound fonts of the library, too"
    )
    command.add_argument(
        "--with-secrets",
        action="store_true",
        help="passwords of Icecast servers, the signing key, the operator's token",
    )
    command.add_argument("--force", action="store_true", help="replace a pack that is there")
    command.set_defaults(command=pack_station)

    command = add("unpack", help="the station of a pack, in a folder of its own")
    command.add_argument("file", type=Path, help="what `pack` made")
    command.add_argument("folder", type=Path, help="empty, or not there yet")
    command.set_defaults(command=unpack_station)


def pack_station(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    output: Path = arguments.output
    if output.exists() and not arguments.force:
        raise StationError(f"{output} is there already: choose another -o, or say --force")
    wanted = Wanted(arguments.with_models, arguments.with_fonts, arguments.with_secrets)
    archive = output.with_name(f".{output.name}.jsonl")
    try:
        _export(settings, archive)
        with new_file(output) as file, count_bar(None, "bytes", "packing") as bar:
            if wanted.secrets:
                os.fchmod(file.fileno(), SECRET_MODE)
            facts = pack(settings, archive, file, wanted, bar.update)
    finally:
        archive.unlink(missing_ok=True)
    print(f"{output}: {output.stat().st_size / 1e6:,.1f} MB, {', '.join(facts['stations'])}")
    for words in facts["left_out"]:
        print(f"without {words}")
    for name, station in facts["stations"].items():
        if station["seed"] is None:
            print(f"{name} has no seed: its programme is another at each start", file=sys.stderr)
    return 0


def unpack_station(arguments: argparse.Namespace) -> int:
    settings: Settings = arguments.settings
    place: Path = arguments.folder
    with count_bar(None, "bytes", "checking") as bar:
        opened = Pack(arguments.file, bar.update)
    with opened:
        try:
            notes = unpack(opened, place, settings.storage.folder / "models", _bring_in)
        except OSError as error:
            raise PackError(
                arguments.file, f"cannot write {place}: {error.strerror or error}"
            ) from error
    for words in notes:
        print(words, file=sys.stderr)
    print(f"{place} is ready: latentfm --config {place / 'station.toml'} serve")
    return 0


def _export(settings: Settings, archive: Path) -> None:
    database = Database.open(database_url(settings))
    try:
        export = Export(database, FORMATS["jsonl"], Scope(), archive, replace=True)
        with count_bar(export.rows(), "rows", "archive", export.done) as bar:
            export.run(bar.update)
        for reason in export.damaged:
            print(f"left out: {reason}", file=sys.stderr)
    finally:
        database.close()


def _bring_in(archive: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    database = Database.open(f"sqlite:///{folder}/latentfm.db")
    try:
        bring_in(checked(archive), database, folder / NOTE)
    finally:
        database.close()
