"""`import`: make a model folder of one of Magenta's checkpoints."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from generators.errors import WeightsError

MODELS = "models"  # below the storage folder
DOWNLOADS = "downloads"


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    command = add("import", help="make a model folder of one of Magenta's checkpoints")
    command.add_argument(
        "source", nargs="?", help="folder, archive or prefix; an address; or a name from --list"
    )
    command.add_argument("--name", help="what to call the model")
    command.add_argument("--config", dest="shape", help="default: told from the weights' shapes")
    command.add_argument(
        "-o", "--output", type=Path, help="model folder (default: data/models/NAME)"
    )
    command.add_argument("--list", action="store_true", help="the official downloads")
    command.set_defaults(command=import_checkpoint)


def import_checkpoint(arguments: argparse.Namespace) -> int:
    from generators.magenta.download import download, is_url
    from generators.magenta.importing import import_model
    from generators.magenta.published import LICENCE, listing, published

    if arguments.list:
        print(listing())
        return 0
    if arguments.source is None or not arguments.name:
        raise WeightsError(
            "say what to import and what to call it: latentfm import SOURCE --name NAME"
        )
    if Path(arguments.name).name != arguments.name:
        raise WeightsError(f"--name {arguments.name!r} is also a folder's name: no / in it")
    folder: Path = arguments.settings.storage.folder
    output = arguments.output or folder / MODELS / arguments.name
    if output.exists():
        raise WeightsError(f"{output} exists; remove it, or choose another folder with -o")

    path, source, licence, shape = Path(arguments.source), None, None, arguments.shape
    known = None if path.exists() else published(arguments.source)
    if known is not None or is_url(arguments.source):
        source = known.url if known is not None else arguments.source
        path = download(source, folder / DOWNLOADS)
    if known is not None:
        licence = LICENCE
        if known.form == "TensorFlow":  # the others say themselves how long they are
            shape = shape or known.config
    imported = import_model(
        path, output, name=arguments.name, config=shape, source=source, licence=licence
    )
    config = imported.config
    print(
        f"{arguments.name}: {config.name}, {config.steps} steps of {', '.join(config.parts)}, "
        f"{imported.weights:,} weights, in {imported.path}"
    )
    if imported.encoder == "none":
        print("It decodes but cannot encode. Missing:", *imported.missing, sep="\n  ")
    elif imported.encoder == "mu":
        print("It encodes to mu alone. Missing:", *imported.missing, sep="\n  ")
    return 0
