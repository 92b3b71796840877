"""How the settings move while a model trains. Pure functions of the step or of the progress.

Progress is the share of the run's minutes that is behind it, 0..1: a run that was given an hour
has cooled down after an hour, however fast the machine.

Two uses pull the loss two ways. Bridges and echoes need the latent to hold the music (many free
bits, small beta); sampling needs latents to lie where the prior does (few bits, large beta). Beta
rises from 0 so that the decoders learn to listen to the latent before it costs anything; the free
bits then say how much a latent may hold, and may be drawn in (or let out) over the second half,
when the model already knows what is worth keeping.
"""

from __future__ import annotations

import math

from generators.config import TrainingConfig


def learning_rate(settings: TrainingConfig, progress: float) -> float:
    """Half a cosine from the first rate to the last."""
    first, last = settings.learning_rate, settings.final_learning_rate
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def beta(settings: TrainingConfig, step: int) -> float:
    """The weight of the KL above the free bits."""
    return settings.beta * min(1.0, step / settings.beta_warmup_steps)


def free_nats(settings: TrainingConfig, progress: float) -> float:
    """KL a window that costs nothing, in nats: steady for half the run, then a straight line."""
    first = settings.free_bits
    last = first if settings.final_free_bits is None else settings.final_free_bits
    moved = min(1.0, max(0.0, 2 * progress - 1))
    return (first + (last - first) * moved) * math.log(2)


def average_decay(step: int, most: float) -> float:
    """How much of the running average stays at a step: little at first, when all is still wrong."""
    return min(most, (1 + step) / (10 + step))
