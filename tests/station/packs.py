"""Packs to test with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from station.pack_members import Packer


def write(path: Path, members: dict[str, bytes], **facts: Any) -> Path:
    """A pack with an honest manifest."""
    with path.open("wb") as file:
        packer = Packer(file)
        for name, data in members.items():
            packer.add(name, data)
        packer.finish({"stations": {}, "models": [], **facts})
    return path
