"""A model as a folder: `model.json` says what it is, `model.safetensors` holds its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from generators.config import ModelConfig
from generators.errors import WeightsError

DESCRIPTION = "model.json"
WEIGHTS = "model.safetensors"
SHIPPED_MODEL = Path(__file__).parent / "models" / "trio-4bar-small"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model folder that was found whole: its weights hash to what its description says."""

    path: Path
    config: ModelConfig
    sha256: str
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.facts.get("name", self.config.name))


def open_model(path: Path) -> ModelFolder:
    """Read and check a model folder. Needs no torch.

    Raises:
        WeightsError: something is missing, unreadable, or not what was saved.
    """
    fix = "Restore the folder from the repository, or set [generator] model to another one."
    try:
        description = json.loads((path / DESCRIPTION).read_text())
        config = ModelConfig(**description["config"])
        expected = description["sha256"]
    except FileNotFoundError as error:
        raise WeightsError(f"no model at {path}: {DESCRIPTION} is missing. {fix}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{path / DESCRIPTION} does not describe a model: {error!r}. {fix}"
        ) from error
    weights = path / WEIGHTS
    if not weights.is_file():
        raise WeightsError(f"the weights {weights} are missing. {fix}")
    found = _sha256(weights)
    if found != expected:
        size = weights.stat().st_size
        raise WeightsError(
            f"the weights {weights} ({size:,} bytes) are cut short or altered: "
            f"sha256 is {found[:12]}…, not {expected[:12]}…. {fix}"
        )
    return ModelFolder(path, config, expected, description.get("facts", {}))


def load_model(folder: ModelFolder) -> Any:
    """The model itself, a `generators.model.MusicVAE` in evaluation mode, on the CPU."""
    from safetensors.torch import load_file  # torch: only a process that decodes comes here

    from generators.model import MusicVAE

    model = MusicVAE(folder.config)
    try:
        model.load_state_dict(load_file(folder.path / WEIGHTS))
    except RuntimeError as error:
        raise WeightsError(f"{folder.path / WEIGHTS} is of another shape: {error}") from error
    return model.eval()


def save_model(model: Any, path: Path, facts: Mapping[str, Any]) -> str:
    """Write a model folder; what stood there before is replaced in one move a file.

    Returns:
        The sha256 of the weights.
    """
    from safetensors.torch import save_file

    path.mkdir(parents=True, exist_ok=True)
    partial = path / (WEIGHTS + ".partial")
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, partial)
    sha256 = _sha256(partial)
    description = {
        "config": asdict(model.config),
        "sha256": sha256,
        "facts": dict(facts),
    }
    partial.replace(path / WEIGHTS)
    text = json.dumps(description, indent=2, ensure_ascii=False)
    (path / DESCRIPTION).write_text(text + "\n")
    return sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
