"""`key`: the station's key, with which it signs what it says of its pieces."""

from __future__ import annotations

import argparse
import json
from typing import Any

from station.signing import KEYS_FILE, ensure_keys, rotate


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    key = add("key", help="the station's key, which signs where pieces come from")
    key.add_argument("--rotate", action="store_true", help="sign with a new one from now on")
    key.set_defaults(command=show)


def show(arguments: argparse.Namespace) -> int:
    folder = arguments.settings.storage.folder
    keys = ensure_keys(folder)
    if arguments.rotate:
        keys = rotate(folder)
    print(f"{folder / KEYS_FILE} signs with {keys.name}; its public keys, newest first:")
    print(json.dumps(keys.public(), indent=2))
    return 0
