"""`directions`: find what steers a model, and measure what that does. Imports torch when called."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generators.errors import GeneratorError

if TYPE_CHECKING:
    from generators.directions import Directions


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    directions = add("directions", help="find what the dials steer a model by")
    directions.add_argument("--model", type=Path, required=True, help="model folder")
    directions.add_argument("--corpus", type=Path, required=True, help="what it was trained on")
    directions.add_argument(
        "--windows", type=int, default=16_384, metavar="N", help="to find from (default: 16384)"
    )
    directions.add_argument(
        "--samples", type=int, default=512, metavar="N", help="to measure on (default: 512)"
    )
    directions.add_argument("--threads", type=int, default=1, help="of the CPU (default: 1)")
    directions.set_defaults(command=make_directions)


def make_directions(arguments: argparse.Namespace) -> int:
    import shutil

    import torch

    from generators.corpus import Corpus
    from generators.directions import FILE, save_directions
    from generators.find_directions import find_directions
    from generators.weights import open_model

    if not 0 < arguments.threads <= 256:
        raise GeneratorError("--threads must be above 0, up to 256")
    torch.set_num_threads(arguments.threads)
    folder = open_model(arguments.model)
    done_so_far = folder.path / (FILE + ".partial")
    directions = find_directions(
        folder,
        Corpus.load(arguments.corpus),
        windows=arguments.windows,
        samples=arguments.samples,
        keep=done_so_far,
    )
    save_directions(directions, folder.path)
    shutil.rmtree(done_so_far)
    print("\n".join(described(directions)))
    return 0


def described(directions: Directions) -> Iterator[str]:
    """What shifts do to the attribute they are meant for, and what two units do to the others."""
    from generators.directions import SHIFTS

    effects, names = directions.effects, directions.names
    yield f"means of {effects.samples} samples, shifted by so many units"
    yield f"{'':12}" + "".join(f"{shift:>+9g}" for shift in SHIFTS)
    for at, name in enumerate(names):
        means = effects.means[at, :, at]
        yield f"{name:12}" + "".join(f"{mean:9.2f}" for mean in means)
    yield "two units up, in standard deviations of unshifted samples"
    yield f"{'':12}" + "".join(f"{name:>12}" for name in names)
    spreads = np.where(effects.spreads, effects.spreads, np.nan)  # nan where no sample differs
    changes = (effects.means[:, -1] - effects.means[:, SHIFTS.index(0)]) / spreads
    for name, row in zip(names, changes, strict=True):
        yield f"{name:12}" + "".join(f"{change:12.2f}" for change in row)
