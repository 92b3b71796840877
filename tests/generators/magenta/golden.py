"""What Magenta itself made of random weights: golden sets, and models of their checkpoints.

The sets that are not copied into the repository are read from `../shared`, where that exists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from generators.magenta import bundle
from generators.magenta.config import MAGENTA_CONFIGS, MagentaConfig
from generators.magenta.model import MagentaVAE

HERE = Path(__file__).parents[1] / "golden"
SHARED = Path(__file__).parents[4] / "shared" / "reference" / "magenta-golden"

SETS = (
    "hierdec-trio_16bar",
    "hier-trio_4bar",
    "hierdec-mel_16bar",
    "flat-trio_16bar",
    "cat-mel_2bar",
    "cat-drums_2bar",
    "nade-drums_2bar",
    "groovae_4bar",
)


@dataclass(frozen=True)
class Golden:
    """One set: its arrays as the README beside it describes them, and a model of its weights."""

    arrays: dict[str, np.ndarray]
    model: MagentaVAE

    def __getitem__(self, name: str) -> Tensor:
        return torch.from_numpy(self.arrays[name])

    def __contains__(self, name: str) -> bool:
        return name in self.arrays


def golden(name: str) -> Golden:
    folder = golden_folder(name)
    variables = bundle.read_variables(folder / "checkpoint.index")
    return Golden(dict(np.load(folder / "golden.npz")), model_of(golden_config(folder), variables))


def golden_folder(name: str) -> Path:
    """Where a set lies; skips the test where it lies nowhere."""
    for folder in (HERE / name, SHARED / name):
        if folder.is_dir():
            return folder
    pytest.skip(f"the golden set {name} is in neither {HERE} nor {SHARED}")


def golden_config(folder: Path) -> MagentaConfig:
    """The shapes of a set's model, which are a published one's with small layers."""
    described = json.loads((folder / "config.json").read_text())
    published = MAGENTA_CONFIGS[described["config"]]
    hparams = described["hparams"]
    encoder = tuple(hparams["enc_rnn_size"])
    return replace(
        published,
        steps=hparams["max_seq_len"],
        bars=(described["level_lengths"] or [1])[0],
        z_size=hparams["z_size"],
        encoder=2 * encoder if published.encodes_bars else encoder,  # one layer at both levels
        decoder=tuple(hparams["dec_rnn_size"]),
        nade_hidden=hparams.get("nade_num_hidden", 0),
    )


def model_of(config: MagentaConfig, variables: Iterable[tuple[str, np.ndarray]]) -> MagentaVAE:
    return MagentaVAE.from_variables(
        config, {name: torch.from_numpy(values) for name, values in variables}
    )
