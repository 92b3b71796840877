"""Model folders of Magenta's family, as an import leaves them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import save_file

from generators.weights import DESCRIPTION, WEIGHTS
from tests.generators.magenta.tiny import tiny_config, tiny_variables


def imported(path: Path, config_name: str, name: str = "Imported") -> Path:
    """A tiny model of a published kind."""
    path.mkdir(parents=True)
    config = tiny_config(config_name)
    save_file(tiny_variables(config), path / WEIGHTS)
    description = {
        "family": "magenta",
        "config": asdict(config),
        "sha256": hashlib.sha256((path / WEIGHTS).read_bytes()).hexdigest(),
        "facts": {"name": name, "encoder": "mu and sigma"},
    }
    (path / DESCRIPTION).write_text(json.dumps(description))
    return path
