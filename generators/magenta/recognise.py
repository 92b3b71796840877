"""Tell a model's configuration from the shapes of its variables.

Shapes tell the sizes; the table of configurations tells what they leave open, the length of the
music first of all.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

from generators.errors import WeightsError
from generators.magenta.config import MAGENTA_CONFIGS, MagentaConfig
from generators.magenta.shapes import Shape, Shapes, derive, kind, likest
from generators.magenta.source import Length
from generators.magenta.tfjs import some
from generators.magenta.variables import SIGMA, expected_variables
from generators.music import STEPS_PER_BAR


def recognise(
    shapes: Shapes, *, name: str | None = None, length: Length | None = None
) -> MagentaConfig:
    """The configuration of a model.

    Args:
        shapes: of its variables, leftovers left out.
        name: of a configuration that somebody says it is. The sizes of its layers may be others;
            when it is of another kind, it is returned as it is, for `check` to say what disagrees.
        length: of its music, where the checkpoint says so; shapes do not show it.

    Raises:
        WeightsError: these are not a MusicVAE's variables, or there is no such configuration.
    """
    if name is not None and name not in MAGENTA_CONFIGS:
        raise WeightsError(f"there is no config {name!r}; there are {', '.join(MAGENTA_CONFIGS)}")
    derived = derive(shapes)
    if derived is None:
        if name is None:
            raise WeightsError(
                "the variables are not a MusicVAE's, or too many are missing to tell the config; "
                f"--config says it. They are {some(list(shapes))}"
            )
        return MAGENTA_CONFIGS[name]
    known = MAGENTA_CONFIGS[name] if name is not None else likest(derived)
    if name is not None and kind(derived) != kind(known):
        return known
    steps, bars = (known.steps, known.bars) if length is None else (length.steps, length.bars)
    if known.bars == 1 or derived.bars == 1:
        bars = derived.bars
    if derived.bars > 1 and bars == 1:
        bars = math.ceil(steps / STEPS_PER_BAR)
    config = replace(derived, steps=steps, bars=bars)
    if name is not None or replace(config, name=known.name) == known:
        return replace(config, name=known.name)
    return replace(config, name=_name(config))


def check(config: MagentaConfig, shapes: Shapes, absent: Collection[str] = ()) -> list[str]:
    """What of the encoder is missing.

    Args:
        config: what the variables should be.
        shapes: of all variables that a checkpoint has or lists.
        absent: those that it only lists.

    Raises:
        WeightsError: a variable is unknown or of a wrong shape, or the decoder is not complete.
    """
    expected = expected_variables(config)
    for name, shape in expected.items():
        if shapes.get(name, shape) != shape:
            raise WeightsError(
                f"{name} has the shape {_written(shapes[name])}, where {config.name} has "
                f"{_written(shape)}"
            )
    unknown = [name for name in shapes if name not in expected]
    if unknown:
        raise WeightsError(f"{config.name} has no such variable as {some(unknown)}")
    missing = [name for name in expected if name not in shapes or name in absent]
    of_encoder = [name for name in missing if name.startswith("encoder/")]
    if len(of_encoder) < len(missing):
        gone = [name for name in missing if name not in of_encoder]
        raise WeightsError(f"the decoder of {config.name} lacks {some(gone)}")
    return missing


def encoder_facts(missing: Collection[str]) -> str:
    """What a model can encode without the missing variables: "mu and sigma", "mu" or "none"."""
    if not missing:
        return "mu and sigma"
    return "mu" if all(name.startswith(f"{SIGMA}/") for name in missing) else "none"


def _name(config: MagentaConfig) -> str:
    bars = math.ceil(config.steps / STEPS_PER_BAR)
    if config.head == "groove":
        return f"groovae_{bars}bar" + ("_hits_control" if config.controls else "")
    music = "trio" if len(config.parts) > 1 else {"melody": "mel"}.get(*config.parts * 2)
    if config.head == "nade":
        kind = "nade"
    elif config.bars > 1:
        kind = "hier" if config.encodes_bars else "hierdec"
    else:
        kind = "flat" if len(config.parts) > 1 or bars > 4 else "cat"
    return f"{kind}-{music}_{bars}bar"


def _written(shape: Shape) -> str:
    return f"[{', '.join(map(str, shape))}]"
