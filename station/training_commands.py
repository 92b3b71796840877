"""`corpus build`, `train` and `evaluate`: making a model. Only these commands import torch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from generators.config import CONFIGS, TrainingConfig
from generators.errors import GeneratorError
from generators.evaluation_settings import EvaluationSettings

TUNABLE = {  # fields of TrainingConfig, each an option of `train`
    "batch": "windows a step",
    "learning_rate": "at the start; it falls to a twentieth",
    "free_bits": "bits a latent may hold for nothing",
    "beta": "weight of the bits above",
    "token_dropout": "share of notes the decoders do not hear",
    "swapped_drums": "share of windows under other drums",
}

MEASURED = {  # fields of EvaluationSettings, each an option of `evaluate`
    "windows": "held-out windows",
    "pairs": "pairs of them to interpolate between",
    "samples": "draws from the prior",
    "candidates": "sampled for each draw; the critic's choice is measured beside the first",
    "temperature": "of the samples",
    "seed": "of everything random",
}


def add_to(add: Any) -> None:
    """Add the commands to the command line's subparsers."""
    corpus = add("corpus", help="make a corpus from folders of MIDI files and scores")
    steps = corpus.add_subparsers(required=True, metavar="STEP")
    build = steps.add_parser("build", help="read MIDI, MusicXML and ABC into one corpus file")
    build.add_argument(
        "folders", nargs="+", type=Path, help="with scores, or .tar or .zip archives of them"
    )
    build.add_argument("-o", "--output", type=Path, required=True, help="corpus.npz to write")
    build.add_argument(
        "--arrangements",
        type=int,
        default=6,
        metavar="N",
        help="basses and drums that mma writes for each melody; 0 for none (default: 6)",
    )
    build.add_argument("--jobs", type=int, default=2, help="files read at once (default: 2)")
    build.set_defaults(command=corpus_build)

    train = add("train", help="train a model on a corpus; run it again to go on")
    train.add_argument("--corpus", type=Path, required=True)
    train.add_argument("--config", dest="shape", choices=CONFIGS, default="trio-4bar-small")
    train.add_argument("-o", "--output", type=Path, required=True, help="model folder")
    train.add_argument("--minutes", type=float, required=True, help="of training, all sittings")
    train.add_argument(
        "--from", dest="start_from", type=Path, metavar="FOLDER", help="a model to start from"
    )
    train.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    train.add_argument("--threads", type=int, default=1, help="of the CPU (default: 1)")
    train.add_argument(
        "--measure-every", type=float, default=300, metavar="SECONDS", help="(default: 300)"
    )
    train.add_argument(
        "--patience",
        type=int,
        default=12,
        help="end after so many measurements without a better one (default: 12)",
    )
    for name, what in TUNABLE.items():
        default = getattr(TrainingConfig(), name)
        train.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(default),
            default=default,
            metavar="X",
            help=f"{what} (default: {default})",
        )
    train.set_defaults(command=train_model)

    evaluate = add("evaluate", help="measure a model on a corpus's held-out files")
    evaluate.add_argument("--model", type=Path, required=True, help="model folder")
    evaluate.add_argument("--corpus", type=Path, required=True)
    evaluate.add_argument("-o", "--output", type=Path, required=True, help="folder of the report")
    for name, what in MEASURED.items():
        default = getattr(EvaluationSettings(), name)
        evaluate.add_argument(
            f"--{name}",
            type=type(default),
            default=default,
            metavar="N",
            help=f"{what} (default: {default})",
        )
    evaluate.add_argument("--threads", type=int, default=1, help="of the CPU (default: 1)")
    evaluate.add_argument("--card", action="store_true", help="rewrite the model's README.md too")
    evaluate.set_defaults(command=evaluate_model)


def corpus_build(arguments: argparse.Namespace) -> int:
    import shutil

    from generators.corpus import build, describe

    if not 0 <= arguments.arrangements <= 64 or not 1 <= arguments.jobs <= 256:
        raise GeneratorError("--arrangements must be 0 to 64, and --jobs 1 to 256")
    done_so_far = arguments.output.with_name(arguments.output.name + ".partial")
    corpus = build(
        arguments.folders,
        arrangements=arguments.arrangements,
        processes=arguments.jobs,
        keep=done_so_far,
    )
    corpus.save(arguments.output)
    shutil.rmtree(done_so_far)
    print(describe(corpus))
    return 0


def train_model(arguments: argparse.Namespace) -> int:
    import torch

    from generators.corpus import Corpus
    from generators.training.run import Training

    for name, most in (("minutes", 100_000), ("threads", 256), ("measure_every", 1e6)):
        if not 0 < getattr(arguments, name) <= most:
            raise GeneratorError(f"--{name.replace('_', '-')} must be above 0, up to {most:,.0f}")
    if arguments.patience < 1:
        raise GeneratorError("--patience must be 1 or more measurements")
    try:
        settings = TrainingConfig(
            **{name: getattr(arguments, name) for name in TUNABLE},
            final_learning_rate=arguments.learning_rate / 20,
        )
    except ValueError as error:
        raise GeneratorError(f"these settings cannot be trained with: {error}") from error
    torch.set_num_threads(arguments.threads)
    training = Training(
        Corpus.load(arguments.corpus),
        arguments.output,
        CONFIGS[arguments.shape],
        settings,
        start_from=arguments.start_from,
        device=_device(arguments.device),
    )
    best = training.run(
        arguments.minutes,
        measure_every_seconds=arguments.measure_every,
        patience=arguments.patience,
    )
    print(best)
    return 0


def _device(name: str) -> Any:
    import torch

    from generators.sampler import best_device

    found = {
        "auto": True,
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not found[name]:
        raise GeneratorError(f"torch finds no {name} device here: use --device auto")
    return best_device() if name == "auto" else torch.device(name)


def evaluate_model(arguments: argparse.Namespace) -> int:
    import torch

    from generators.evaluation.examination import examine
    from generators.evaluation.report import PAGE, check_output, write_card, write_report
    from generators.weights import open_model

    try:
        settings = EvaluationSettings(**{name: getattr(arguments, name) for name in MEASURED})
    except ValueError as error:
        raise GeneratorError(f"that cannot be measured: {error}") from error
    if not 0 < arguments.threads <= 256:
        raise GeneratorError("--threads must be above 0, up to 256")
    check_output(arguments.output)
    torch.set_num_threads(arguments.threads)
    folder = open_model(arguments.model)
    examination = examine(folder, arguments.corpus, settings)
    report = write_report(examination, arguments.output)
    if arguments.card:
        write_card(folder, examination.figures)
    print("\n".join(f"- {point}" for point in report.summary))
    print(f"report: {arguments.output / PAGE}")
    return 0
