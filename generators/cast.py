"""Who sings: the model that leads, and the partners that sing parts in its place.

Opening a cast needs no torch; `load` does, and is for the generator process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generators.errors import WeightsError
from generators.magenta.config import MagentaConfig
from generators.music import PARTS, STEPS_PER_BAR
from generators.weights import ModelFolder, load_model, open_model, open_variables

if TYPE_CHECKING:
    from generators.ensemble import Singer


@dataclass(frozen=True, slots=True)
class Cast:
    """Model folders that were found whole, and can sing what they are asked to."""

    lead: ModelFolder
    partners: Mapping[str, ModelFolder] = field(default_factory=dict)  # by part

    @property
    def name(self) -> str:
        others = [f"{part} by {folder.name}" for part, folder in self.partners.items()]
        return ", ".join([self.lead.name, *others])

    @property
    def sha256(self) -> str:
        """Of the lead's weights; with partners, of all their hashes."""
        if not self.partners:
            return self.lead.sha256
        hashes = [self.lead.sha256, *(part + f.sha256 for part, f in self.partners.items())]
        return hashlib.sha256("".join(hashes).encode()).hexdigest()

    @property
    def z_size(self) -> int:
        return self.lead.config.z_size

    @property
    def bars(self) -> int:
        """That one latent of the lead covers."""
        return _bars(self.lead)


def open_cast(lead: Path, partners: Mapping[str, Path]) -> Cast:
    """Read and check the folders of a cast. Needs no torch.

    Raises:
        WeightsError: a folder is not whole, or its model cannot sing its part.
    """
    cast = Cast(open_model(lead), {part: open_model(path) for part, path in partners.items()})
    _can_sing(cast.lead, PARTS, "model")
    for part, folder in cast.partners.items():
        _can_sing(folder, (part,), part)
    return cast


def _can_sing(folder: ModelFolder, parts: tuple[str, ...], key: str) -> None:
    config = folder.config
    missing = [part for part in parts if part not in config.parts]
    if missing:
        raise WeightsError(
            f"[generator] {key}: {folder.name} sings {', '.join(config.parts)}, "
            f"not {', '.join(missing)}"
        )
    if isinstance(config, MagentaConfig) and (config.head != "categorical" or config.controls):
        raise WeightsError(
            f"[generator] {key}: {folder.name} has no classes to draw notes from; on air only "
            "categorical models can sing. `latentfm sample` makes files with the others"
        )


def _bars(folder: ModelFolder) -> int:
    return folder.config.steps // STEPS_PER_BAR


def load(cast: Cast, device: Any = None) -> Singer:
    """The cast ready to sing, on the best device there is."""
    from generators.ensemble import Ensemble, Partner

    lead = _load(cast.lead, device)
    if not cast.partners:
        return lead
    partners = {
        part: Partner(
            _load(folder, device),
            column=folder.config.parts.index(part),
            z_size=folder.config.z_size,
            bars=_bars(folder),
        )
        for part, folder in cast.partners.items()
    }
    return Ensemble(lead, partners)


def _load(folder: ModelFolder, device: Any) -> Singer:
    from generators.sampler import Sampler, best_device

    device = device or best_device()
    if not isinstance(folder.config, MagentaConfig):
        return Sampler(load_model(folder), device)

    from generators.magenta.sampler import MagentaSampler
    from generators.magenta.whole import WholeSampler

    with open_variables(folder) as variables:  # of an encoder's none is read
        sampler = MagentaSampler(folder.config, variables, device)
    return sampler if folder.config.bars > 1 else WholeSampler(sampler)
