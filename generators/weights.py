"""A model as a folder: `model.json` says what it is, `model.safetensors` holds its weights.

There are two families. Ours name their weights as PyTorch does; Magenta's keep the names and the
layout of TensorFlow, and are turned over as they are loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from generators.config import ModelConfig
from generators.errors import WeightsError
from generators.magenta.config import MagentaConfig
from generators.magenta.variables import expected_variables

if TYPE_CHECKING:
    from torch import Tensor

    from generators.magenta.model import MagentaVAE

DESCRIPTION = "model.json"
WEIGHTS = "model.safetensors"
FAMILIES: Mapping[str, Callable[..., ModelConfig | MagentaConfig]] = {
    "latentfm": ModelConfig,  # a description without a family is of this one
    "magenta": MagentaConfig,
}
SHIPPED_MODEL = Path(__file__).parent / "models" / "trio-4bar-small"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model folder that was found whole: its weights hash to what its description says."""

    path: Path
    config: ModelConfig | MagentaConfig
    sha256: str
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.facts.get("name", self.config.name))

    @property
    def family(self) -> Literal["latentfm", "magenta"]:
        return "magenta" if isinstance(self.config, MagentaConfig) else "latentfm"


def open_model(path: Path) -> ModelFolder:
    """Read and check a model folder. Needs no torch.

    Raises:
        WeightsError: something is missing, unreadable, or not what was saved.
    """
    fix = "Restore the folder from the repository, or set [generator] model to another one."
    try:
        description = json.loads((path / DESCRIPTION).read_text())
        family = description.get("family", "latentfm")
        if family not in FAMILIES:
            raise WeightsError(
                f"{path / DESCRIPTION} is of the family {family!r}, which is not known here; "
                f"known are {', '.join(FAMILIES)}. {fix}"
            )
        config = _config(family, description["config"])
        expected = description["sha256"]
    except FileNotFoundError as error:
        raise WeightsError(f"no model at {path}: {DESCRIPTION} is missing. {fix}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
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
    """The model itself, a `MusicVAE` or a `MagentaVAE` in evaluation mode, on the CPU."""
    if isinstance(folder.config, MagentaConfig):
        return _load_magenta(folder, folder.config)
    return _load_ours(folder.path, folder.config)


@contextmanager
def open_variables(folder: ModelFolder) -> Iterator[Mapping[str, Tensor]]:
    """A model's tensors by name, each read when it is asked for."""
    from safetensors import safe_open

    with safe_open(folder.path / WEIGHTS, framework="pt") as file:
        yield _Variables(file)


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
    described = path / (DESCRIPTION + ".partial")
    described.write_text(json.dumps(description, indent=2, ensure_ascii=False) + "\n")
    partial.replace(path / WEIGHTS)
    described.replace(path / DESCRIPTION)
    return sha256


def _config(family: str, fields: Mapping[str, Any]) -> ModelConfig | MagentaConfig:
    config = FAMILIES[family](
        **{name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
    )
    if isinstance(config, MagentaConfig):
        expected_variables(config)  # a TypeError where a field is of another kind
    return config


def _load_ours(path: Path, config: ModelConfig) -> Any:
    from safetensors.torch import load_file  # torch: only a process that decodes comes here

    from generators.model import MusicVAE

    model = MusicVAE(config)
    try:
        model.load_state_dict(load_file(path / WEIGHTS))
    except RuntimeError as error:
        raise WeightsError(f"{path / WEIGHTS} is of another shape: {error}") from error
    return model.eval()


def _load_magenta(folder: ModelFolder, config: MagentaConfig) -> MagentaVAE:
    from generators.magenta.model import MagentaVAE

    with open_variables(folder) as variables:
        try:
            return MagentaVAE.from_variables(config, variables)
        except WeightsError as error:
            raise WeightsError(
                f"{folder.path / WEIGHTS} does not fit its {DESCRIPTION}: {error}"
            ) from error


class _Variables(Mapping[str, "Tensor"]):
    """Tensors of a file, each read when it is asked for: a gigabyte is never in memory twice."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getitem__(self, name: str) -> Tensor:
        tensor: Tensor = self._file.get_tensor(name)
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.keys())

    def __len__(self) -> int:
        return len(self._file.keys())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
