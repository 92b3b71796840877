"""The generator process: plans in on standard input, tokens out on standard output, as JSON lines.

    {"decode": [{"latents": [...], "bars": [...], "seed": 1, "temperature": 0.6}]}
    {"tokens": ["base64 of little-endian int16", ...]}  or  {"error": "..."}

It runs by itself so that a fault on the accelerator, an out-of-memory kill or a leak takes only
it. It ends when its standard input does: no server, no worker.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from generators.errors import GeneratorError
from generators.music import Bar
from generators.recipe import latents_from_text, latents_to_text
from generators.weights import load_model, open_model

NICENESS = 10  # sound first: whoever renders and sends goes before whoever composes ahead


def encode_plan(latents: np.ndarray, bars: tuple[Bar, ...], seed: int, temperature: float) -> Any:
    rows = [[b.start, b.end, b.t, b.place, b.take, b.transpose] for b in bars]
    text = latents_to_text(latents)
    return {"latents": text, "bars": rows, "seed": seed, "temperature": temperature}


def decode_tokens(text: str) -> np.ndarray:
    """One answer: int16 `(steps, 3)`."""
    return np.frombuffer(base64.b64decode(text), "<i2").reshape(-1, 3)


def main(model: Path) -> None:
    os.nice(NICENESS)
    logging.basicConfig(level=logging.INFO, format="%(message)s")  # standard error
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # nobody else writes between the answers
        import torch

        from generators.sampler import Sampler, best_device

        torch.set_num_threads(1)  # more are slower beside any other work
        folder = open_model(model)
        sampler = Sampler(load_model(folder), best_device())
        _say(answers, {"ready": folder.name, "device": str(sampler.device)})
        for line in sys.stdin:
            plans = [
                (
                    latents_from_text(plan["latents"]),
                    tuple(Bar(*bar) for bar in plan["bars"]),
                    plan["seed"],
                    plan["temperature"],
                )
                for plan in json.loads(line)["decode"]
            ]
            tokens = sampler.decode_many(plans)
            _say(
                answers,
                {"tokens": [base64.b64encode(t.astype("<i2").tobytes()).decode() for t in tokens]},
            )


def _say(answers: Any, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except GeneratorError as error:
        _say(sys.stdout, {"error": str(error)})
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
