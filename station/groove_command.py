"""`groove train`: make the model that says how drums are struck."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from generators.errors import GeneratorError

MOST_MINUTES = 10_000


def add_to(add: Any) -> None:
    """Add the command to the command line's subparsers."""
    groove = add("groove", help="make the model that says how drums are struck")
    steps = groove.add_subparsers(required=True, metavar="STEP")
    train = steps.add_parser("train", help="learn from drummers; run it again to go on")
    train.add_argument("data", type=Path, help="folder with the Groove MIDI Dataset")
    train.add_argument("-o", "--output", type=Path, required=True, help="model folder")
    train.add_argument(
        "--minutes", type=float, default=15, help="of training, all sittings (default: 15)"
    )
    train.add_argument("--seed", type=int, default=0, help="of everything random (default: 0)")
    train.add_argument("--threads", type=int, default=1, help="of the CPU (default: 1)")
    train.set_defaults(command=groove_train)


def groove_train(arguments: argparse.Namespace) -> int:
    import torch

    from generators.groove.card import compare, write_card
    from generators.groove.performances import read_performances
    from generators.groove.training import GrooveTraining, Training

    if not 0 < arguments.minutes <= MOST_MINUTES or not 0 < arguments.threads <= 256:
        raise GeneratorError(
            f"--minutes must be above 0, up to {MOST_MINUTES:,}, and --threads 1 to 256"
        )
    if arguments.seed < 0:
        raise GeneratorError("--seed must be 0 or more")
    torch.set_num_threads(arguments.threads)
    performances = read_performances(arguments.data)
    settings = GrooveTraining(seed=arguments.seed)
    Training(performances, arguments.output, settings).run(arguments.minutes)
    found = compare(arguments.output, performances)
    write_card(arguments.output, performances, found)
    for name, (on_test, _) in found.items():
        print(f"{name}: {on_test}")
    return 0
