"""The shapes of models, as one table."""

from __future__ import annotations

from dataclasses import dataclass

from generators.events import PART_DEPTHS
from generators.music import PARTS, STEPS_PER_BAR


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A hierarchical trio MusicVAE whose bars are decoded side by side."""

    name: str
    bars: int  # of 16 sixteenths
    z_size: int
    embedding: int  # width of one part's token embedding
    encoder: int  # LSTM width a direction, at both levels
    conductor: int  # LSTM width: also the width of a bar's embedding
    decoder: int  # LSTM width of each part's bar decoder
    dropout: float = 0.3  # of the decoders' outputs, while training

    @property
    def steps(self) -> int:
        return self.bars * STEPS_PER_BAR

    @property
    def parts(self) -> tuple[str, ...]:
        return PARTS

    @property
    def depths(self) -> tuple[int, ...]:
        return PART_DEPTHS


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How a model is trained; the loss is Magenta's (see generators.training.loss)."""

    batch: int = 128
    learning_rate: float = 2e-3
    final_learning_rate: float = 1e-4
    weight_decay: float = 0.05
    free_bits: float = 96.0  # bits a window that cost nothing
    final_free_bits: float | None = None  # where they go over the second half; None: they stay
    beta: float = 0.2  # weight of the KL above the free bits
    beta_warmup_steps: int = 500
    token_dropout: float = 0.35  # share of previous tokens hidden from the decoders
    swapped_drums: float = 0.67  # share of windows under another window's drums
    transpose_semitones: tuple[int, int] = (-5, 6)  # lowest, highest

    def __post_init__(self) -> None:
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} must lie between {low:g} and {high:g}, not {value:g}")


BOUNDS = {  # of a TrainingConfig: lowest, highest
    "batch": (1, 65_536),
    "learning_rate": (1e-8, 1.0),
    "final_learning_rate": (0.0, 1.0),
    "weight_decay": (0.0, 10.0),
    "free_bits": (0.0, 10_000.0),
    "final_free_bits": (0.0, 10_000.0),
    "beta": (0.0, 100.0),
    "beta_warmup_steps": (1, 1_000_000),
    "token_dropout": (0.0, 1.0),
    "swapped_drums": (0.0, 1.0),
}

CONFIGS = {
    config.name: config
    for config in (
        ModelConfig("trio-4bar-small", 4, 128, 64, 192, 256, 256),
        ModelConfig("trio-4bar", 4, 256, 96, 512, 512, 512),
        ModelConfig("trio-16bar", 16, 512, 128, 1024, 1024, 1024),
    )
}
