"""What a checkpoint holds of a run: its tensors by name, and how far it has come."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from generators.config import ModelConfig, TrainingConfig
from generators.model import MusicVAE
from generators.training.checkpoint import save_checkpoint
from generators.windows import Windows


@dataclass(frozen=True, slots=True)
class Best:
    """The measurement whose weights are kept."""

    step: int
    score: float
    figures: str  # of the held-out files, in words

    def __str__(self) -> str:
        return f"kept step {self.step:,}, score {self.score:.4f}: {self.figures}"


@dataclass(slots=True)
class Progress:
    """How far a run has come. Seconds are of training, measurements counted in."""

    step: int = 0
    seconds: float = 0.0
    seconds_before: float = 0.0  # of the run this one was started from
    measured_seconds: float = 0.0  # `seconds` at the last measurement
    since_best: int = 0  # measurements
    best: Best | None = None
    corpus: str = ""  # its fingerprint
    sittings: list[dict[str, Any]] = field(default_factory=list)
    started_from: dict[str, Any] | None = None

    @classmethod
    def of(cls, notes: Mapping[str, Any]) -> Progress:
        values = {each.name: notes[each.name] for each in fields(cls)}
        if values["best"] is not None:
            values["best"] = Best(**values["best"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Learner:
    """What learns: a model, the running average of its weights, and the optimizer's moments."""

    model: MusicVAE
    average: MusicVAE
    optimizer: torch.optim.AdamW

    @torch.no_grad()
    def follow(self, decay: float) -> None:
        """Let the average take a step towards the weights."""
        for mean, weights in zip(self.average.parameters(), self.model.parameters(), strict=True):
            mean.lerp_(weights, 1 - decay)

    def tensors(self) -> dict[str, Tensor]:
        names = [name for name, _ in self.model.named_parameters()]
        moments = self.optimizer.state_dict()["state"]
        return {
            **{f"model/{name}": tensor for name, tensor in self.model.state_dict().items()},
            **{f"average/{name}": tensor for name, tensor in self.average.state_dict().items()},
            **{
                f"optimizer/{names[index]}/{kind}": tensor
                for index, kinds in moments.items()
                for kind, tensor in kinds.items()
            },
        }

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave; weights alone leave the optimizer as it is."""
        self.model.load_state_dict(_below("model/", tensors))
        self.average.load_state_dict(_below("average/", tensors))
        moments: dict[int, dict[str, Tensor]] = {}
        index_of = {name: at for at, (name, _) in enumerate(self.model.named_parameters())}
        for name, tensor in _below("optimizer/", tensors).items():
            parameter, kind = name.rsplit("/", 1)
            moments.setdefault(index_of[parameter], {})[kind] = tensor
        if moments:  # the groups stay: today's settings hold, not those of the checkpoint
            groups = self.optimizer.state_dict()["param_groups"]
            self.optimizer.load_state_dict({"state": moments, "param_groups": groups})


def new_learner(config: ModelConfig, settings: TrainingConfig, device: torch.device) -> Learner:
    """First weights by torch's global seed."""
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32 for what autocast leaves in float32
    model = MusicVAE(config).to(device)
    average = copy.deepcopy(model).eval().requires_grad_(False)
    for module in average.modules():
        if isinstance(module, nn.LSTM):
            module.flatten_parameters()  # a copy's are scattered, which cuDNN warns of
    optimizer = torch.optim.AdamW(
        model.parameters(), weight_decay=settings.weight_decay, fused=device.type == "cuda"
    )
    return Learner(model, average, optimizer)


def sit_down(
    progress: Progress, settings: TrainingConfig, config: ModelConfig, windows: Windows
) -> None:
    """Note from which step on which settings hold: they may change between sittings."""
    sitting: dict[str, Any] = {
        "settings": asdict(settings) | {"dropout": config.dropout},
        "windows": len(windows),
        "kinds": windows.counts,
    }
    sitting = json.loads(json.dumps(sitting))  # as it will be read back: with lists for tuples
    before = progress.sittings[-1] if progress.sittings else {}
    if any(before.get(name) != value for name, value in sitting.items()):
        progress.sittings.append({"from_step": progress.step, **sitting})


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): tensor for n, tensor in tensors.items() if n.startswith(prefix)}


def save(run: Path, config: ModelConfig, learner: Learner, progress: Progress) -> None:
    notes = {"config": asdict(config), **asdict(progress)}
    save_checkpoint(run, learner.tensors(), notes)
