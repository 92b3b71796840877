"""`corpus build`, `train` and `evaluate`: making a model. Only these commands import torch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from generators.config import CONFIGS
from generators.errors import GeneratorError


def add_to(add: Any) -> None:
    """Add the commands to the command line's subparsers."""
    corpus = add("corpus", help="make a corpus from folders of MIDI files")
    steps = corpus.add_subparsers(required=True, metavar="STEP")
    build = steps.add_parser("build", help="read MIDI files into one corpus file")
    build.add_argument("folders", nargs="+", type=Path, help="with .mid files or .tar archives")
    build.add_argument("-o", "--output", type=Path, required=True, help="corpus.npz to write")
    build.set_defaults(command=corpus_build)

    train = add("train", help="train a model on a corpus; run it again to go on")
    train.add_argument("--corpus", type=Path, required=True)
    train.add_argument("--config", dest="shape", choices=CONFIGS, default="trio-4bar-small")
    train.add_argument("-o", "--output", type=Path, required=True, help="model folder")
    train.add_argument("--minutes", type=float, required=True, help="of training, all sittings")
    train.add_argument("--from", dest="start_from", type=Path, help="a model folder to start from")
    train.add_argument("--threads", type=int, default=1, help="of the CPU (default: 1)")
    train.set_defaults(command=train_model)

    evaluate = add("evaluate", help="measure a model on a corpus's held-out files")
    evaluate.add_argument("--model", type=Path, required=True)
    evaluate.add_argument("--corpus", type=Path, required=True)
    evaluate.set_defaults(command=evaluate_model)


def corpus_build(arguments: argparse.Namespace) -> int:
    from generators.corpus import build, describe

    corpus = build(arguments.folders)
    corpus.save(arguments.output)
    print(describe(corpus))
    return 0


def train_model(arguments: argparse.Namespace) -> int:
    import torch

    from generators.corpus import Corpus
    from generators.training import Training

    if not 0 < arguments.minutes < 100_000 or not 0 < arguments.threads <= 256:
        raise GeneratorError("--minutes and --threads must be above 0")
    torch.set_num_threads(arguments.threads)
    corpus = Corpus.load(arguments.corpus)
    training = Training(
        corpus, arguments.output, CONFIGS[arguments.shape], start_from=arguments.start_from
    )
    print(training.run(arguments.minutes))
    return 0


def evaluate_model(arguments: argparse.Namespace) -> int:
    from generators.corpus import Corpus
    from generators.evaluation import measure, most_common
    from generators.weights import load_model, open_model
    from generators.windows import Windows

    folder = open_model(arguments.model)
    corpus = Corpus.load(arguments.corpus)
    for side, held_out in (("held-out", True), ("training", False)):
        windows = Windows(corpus, folder.config.bars, held_out=held_out).spread(2048)
        print(f"{side}: {measure(load_model(folder), windows)}")
        print(f"{side}: always the most common event {most_common(windows)}")
    return 0
